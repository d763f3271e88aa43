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
#include <memory>
#include <sstream>
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
        std::istringstream(process_.output()) >> port_ >> silent_port_;
    }

    [[nodiscard]] std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + path; }
    /// Where connects are not answered.
    [[nodiscard]] std::string silent_url() const { return "http://127.0.0.1:" + silent_port_ + "/"; }

private:
    ferry::test::TempFolder folder_;
    ferry::test::Process process_;
    std::string port_;
    std::string silent_port_;
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
    std::size_t early = 0;  ///< Of these: a 413 before the upload was complete.
    std::size_t bad = 0;
    std::map<std::string, std::size_t> errors{};

    Tally& operator+=(const Tally& other) {
        good += other.good;
        early += other.early;
        bad += other.bad;
        for (const auto& [error, count] : other.errors) {
            errors[error] += count;
        }
        return *this;
    }
};

/// Makes these requests, all together.
Tally make(AnyClient& client, const std::vector<ferry::Call>& calls) {
    Tally tally;
    const std::vector<ferry::Result<ferry::Response>> results = client.gather(calls);
    CHECK(results.size() == calls.size());
    for (const ferry::Result<ferry::Response>& result : results) {
        if (!result) {
            ++tally.bad;
            ++tally.errors[std::string(name_of(result.error().code))];
            CHECK_FALSE(result.error().message.empty());
        } else {
            ++tally.good;
            tally.early += result->status_code() == 413 ? 1U : 0U;
            CHECK((result->status_code() == 200 || result->status_code() == 413));
            CHECK(result->text() == "hello");
        }
    }
    return tally;
}

Tally make(AnyClient& client, const std::string& url, std::size_t count) {
    return make(client, std::vector<ferry::Call>(count, ferry::Call(url)));
}

/// Of four requests one is an upload, and of a hundred one goes where nobody answers connects.
std::vector<ferry::Call> mixture(const FlakyOrigin& origin, std::size_t count) {
    const std::string url = origin.url("/ok");
    ferry::Options upload;
    upload.content = std::string(40'000, 'x');
    ferry::Options unanswered;
    unanswered.timeout = ferry::Timeout{.connect = 100ms, .pool = std::nullopt};
    std::vector<ferry::Call> calls;
    calls.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 100 == 50) {
            calls.emplace_back("GET", origin.silent_url(), unanswered);
        } else if (i % 4 == 3) {
            calls.emplace_back(i % 8 == 3 ? "PUT" : "POST", url, upload);
        } else {
            calls.emplace_back(url);
        }
    }
    return calls;
}

std::size_t memory_in_use() { return mallinfo2().uordblks; }

void print(const Transport& transport, const char* what, const Tally& tally) {
    std::printf("%s: %s: %zu done, %zu of them early, %zu failed\n", transport.name.data(), what, tally.good,
                tally.early, tally.bad);
    for (const auto& [error, count] : tally.errors) {
        std::printf("    %s %zu\n", error.c_str(), count);
    }
}

}  // namespace

TEST_CASE("ten thousand requests over a hundred connections each end once, and leave nothing") {
    const Transport transport = GENERATE(Catch::Generators::from_range(transports));
    INFO("on " << transport.name);
    const FlakyOrigin origin;
    const auto client = [&] {
        return std::make_unique<AnyClient>(
            transport,
            ferry::Config{.timeout = ferry::Timeout{.read = 500ms, .pool = std::nullopt},
                          .limits = {.max_connections = 100, .max_keepalive = 100, .keepalive_expiry = 60s}});
    };
    make(*client(), mixture(origin, 500));  // What is made once and kept is made now.
    const std::vector<ferry::Call> calls = mixture(origin, 2'500);
    const std::size_t before = memory_in_use();
    std::unique_ptr<AnyClient> living = client();
    Tally tally;
    std::vector<std::size_t> idle;
    for (int round = 0; round < 4; ++round) {
        tally += make(*living, calls);
        idle.push_back(memory_in_use());
    }
    const ferry::Stats stats = living->stats();
    CHECK(living->drain());
    const std::size_t drained = memory_in_use();
    living.reset();
    const std::size_t after = memory_in_use();
    print(transport, "10000 requests over 100 connections", tally);
    std::printf("    memory in use: %zu bytes before", before);
    for (const std::size_t size : idle) {
        std::printf(", %zu idle", size);
    }
    std::printf(", %zu drained, %zu after\n", drained, after);
    CHECK(tally.good + tally.bad == 10'000);
    CHECK(tally.good >= 9'700);
    CHECK(tally.bad >= 120);  // Some failures are invisible: a repetition makes them good.
    CHECK(tally.early > 0);
    CHECK(tally.errors.size() >= 6);
    CHECK(tally.errors["connect_timeout"] == 100);
    CHECK(stats.requests == 10'000);
    CHECK(stats.requests_done + stats.requests_failed == 10'000);
    // How many connections are idle, and what is in their buffers, is chance.
    constexpr std::size_t chance = 64 * 1024;
    CHECK(idle.back() <= idle.front() + chance);
    CHECK(drained <= idle.front() + chance);
    CHECK(after <= before + chance);
}

TEST_CASE("two thousand connections are open at once, and go on when some of them fail") {
    const Transport transport = GENERATE(Catch::Generators::from_range(transports));
    INFO("on " << transport.name);
    const DescriptorLimit limit(0);
    constexpr std::size_t connections = 2'000;
    if (limit.available() < connections + 50) {
        SKIP("the hard limit on descriptors is " << limit.available());
    }
    const FlakyOrigin origin;
    const std::size_t before = memory_in_use();
    AnyClient client(transport, {.timeout = ferry::Timeout{.connect = 60s, .read = 60s, .write = 60s, .pool = 60s},
                                 .limits = {.max_connections = connections, .keepalive_expiry = 60s}});
    const Tally met = make(client, origin.url("/meet/" + std::to_string(connections)), connections);
    CHECK(met.good == connections);
    CHECK(client.stats().connections_opened == connections);
    ferry::Options impatient;
    impatient.timeout = ferry::Timeout{.connect = 60s, .read = 1s, .write = 60s, .pool = 60s};
    const std::vector<ferry::Call> calls(connections, ferry::Call("GET", origin.url("/ok"), impatient));
    Tally tally;
    std::vector<std::size_t> idle;
    for (int round = 0; round < 3; ++round) {
        tally += make(client, calls);
        idle.push_back(memory_in_use());
    }
    CHECK(client.drain());
    const std::size_t drained = memory_in_use();
    print(transport, "6000 requests, 2000 at once", tally);
    std::printf("    memory in use: %zu bytes before", before);
    for (const std::size_t size : idle) {
        std::printf(", %zu idle", size);
    }
    std::printf(", %zu drained\n", drained);
    CHECK(tally.good + tally.bad == 3 * connections);
    CHECK(tally.good >= 3 * connections * 98 / 100);
    CHECK(tally.bad >= 10);
    constexpr std::size_t chance = 256 * 1024;  // 128 bytes a connection.
    CHECK(idle.back() <= idle.front() + chance);
    CHECK(drained <= idle.front() + chance);
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
