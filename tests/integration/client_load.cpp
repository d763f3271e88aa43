// The clients of all transports with many requests and many connections over real sockets, to an origin in another process
// that fails one request in a hundred in every way that there is; and what happens when there are not descriptors enough.
#include "tests/integration/any_client.hpp"
#include "tests/integration/process.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ferry::test::AnyClient;
using ferry::test::Transport;
using ferry::test::transports;

/// The origin, as long as this object lives.
class FlakyOrigin {
public:
    FlakyOrigin() : process_({FLAKY_ORIGIN_PROGRAM}, folder_.path() / "log") {
        REQUIRE(ferry::test::eventually([&] { return process_.output().ends_with("\n"); }));
        port_ = process_.output();
        port_.pop_back();
    }

    [[nodiscard]] std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + path; }

private:
    ferry::test::TempFolder folder_;
    ferry::test::Process process_;
    std::string port_;
};

/// The soft limit on descriptors, until this object goes.
class DescriptorLimit {
public:
    /// 0: as many as the hard limit allows.
    explicit DescriptorLimit(rlim_t soft) {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit now = before_;
        now.rlim_cur = soft == 0 ? before_.rlim_max : soft;
        setrlimit(RLIMIT_NOFILE, &now);
        available_ = now.rlim_cur;
    }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

    [[nodiscard]] rlim_t available() const noexcept { return available_; }

private:
    rlimit before_{};
    rlim_t available_ = 0;
};

struct Tally {
    std::size_t good = 0;
    std::size_t bad = 0;
    std::map<std::string, std::size_t> errors{};
};

/// Makes so many requests, all together.
Tally make(AnyClient& client, const std::string& url, std::size_t count) {
    Tally tally;
    const std::vector<ferry::Call> calls(count, ferry::Call(url));
    const std::vector<ferry::Result<ferry::Response>> results = client.gather(calls);
    CHECK(results.size() == count);
    for (const ferry::Result<ferry::Response>& result : results) {
        if (!result) {
            ++tally.bad;
            ++tally.errors[std::string(name_of(result.error().code))];
            CHECK_FALSE(result.error().message.empty());
        } else {
            ++tally.good;
            CHECK(result->text() == "hello");
        }
    }
    return tally;
}

std::size_t memory_in_use() { return mallinfo2().uordblks; }

void print(const Transport& transport, const char* what, const Tally& tally) {
    std::printf("%s: %s: %zu done, %zu failed\n", transport.name.data(), what, tally.good, tally.bad);
    for (const auto& [error, count] : tally.errors) {
        std::printf("    %s %zu\n", error.c_str(), count);
    }
}

}  // namespace

TEST_CASE("ten thousand requests over a hundred connections each end once, and leave nothing") {
    const Transport transport = GENERATE(Catch::Generators::from_range(transports));
    INFO("on " << transport.name);
    const FlakyOrigin origin;
    const auto round = [&](std::size_t count) {
        AnyClient client(transport, {.timeout = ferry::Timeout{.read = 500ms, .pool = std::nullopt},
                                     .limits = {.max_connections = 100, .max_keepalive = 100}});
        return make(client, origin.url("/ok"), count);
    };
    round(500);  // What is made once and kept is made now.
    const std::size_t before = memory_in_use();
    const Tally tally = round(10'000);
    const std::size_t after = memory_in_use();
    print(transport, "10000 requests over 100 connections", tally);
    std::printf("    memory in use: %zu bytes before, %zu bytes after\n", before, after);
    CHECK(tally.good + tally.bad == 10'000);
    CHECK(tally.good >= 9'800);
    CHECK(tally.bad >= 20);  // Some failures are invisible: a repetition makes them good.
    CHECK(tally.errors.size() >= 5);
    CHECK(after <= before + 64 * 1024);
}

TEST_CASE("two thousand connections are open at once") {
    const Transport transport = GENERATE(Catch::Generators::from_range(transports));
    INFO("on " << transport.name);
    const DescriptorLimit limit(0);
    constexpr std::size_t connections = 2'000;
    if (limit.available() < connections + 50) {
        SKIP("the hard limit on descriptors is " << limit.available());
    }
    const FlakyOrigin origin;
    AnyClient client(transport, {.timeout = 60s, .limits = {.max_connections = connections}});
    const Tally tally = make(client, origin.url("/meet/" + std::to_string(connections)), connections);
    CHECK(tally.good == connections);
    CHECK(client.stats().connections_opened == connections);
}

TEST_CASE("where descriptors run out, connects fail and nothing else does") {
#ifdef __SANITIZE_ADDRESS__
    SKIP("UBSan's look at an object's type needs a descriptor itself");
#endif
    const Transport transport = GENERATE(Catch::Generators::from_range(transports));
    INFO("on " << transport.name);
    const FlakyOrigin origin;
    AnyClient client(transport, {.timeout = 60s, .limits = {.max_connections = 200}});
    CHECK(make(client, origin.url("/meet/1"), 1).good == 1);
    {
        const DescriptorLimit limit(64);
        // More than there are descriptors for, and all are opened in one turn.
        const Tally tally = make(client, origin.url("/meet/1"), 150);
        print(transport, "150 requests with 64 descriptors", tally);
        CHECK(tally.good >= 30);
        CHECK(tally.bad >= 50);
        CHECK(tally.errors.contains("connect_failed"));
        CHECK(tally.errors.size() == 1);
    }
    CHECK(make(client, origin.url("/meet/100"), 100).good == 100);
}
