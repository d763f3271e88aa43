#include "tools/demo/steps.hpp"

#include "tools/descriptor.hpp"

#include <ferry/client.hpp>
#include <ferry/exceptions.hpp>
#include <ferry/version.hpp>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ferry::tools {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::size_t many = 100;
constexpr std::size_t few = 10;

void require(bool condition, const std::string& otherwise) {
    if (!condition) {
        throw StepFailed(otherwise);
    }
}

[[nodiscard]] double milliseconds(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

[[nodiscard]] std::string get_json(const Stage& stage) {
    const auto face = stage.column.make({});
    const Response response = face->request("GET", stage.origin + "/get", {.params = {{"page", 2}}});
    response.raise_for_status();
    const Json json = response.json();
    require(json.at("args") == Json{{"page", "2"}}, "the server saw other parameters");
    require(json.contains("headers"), "there are no headers in the answer");
    return fmt::format("{} in {:.1f} ms", response.status_code(), milliseconds(response.elapsed()));
}

[[nodiscard]] std::string post_json(const Stage& stage) {
    const auto face = stage.column.make({});
    const Options options{.json = {{"name", "ferry"}, {"stops", {1, 2, 3}}}};
    const Response response = face->request("POST", stage.origin + "/post", options);
    response.raise_for_status();
    const Json sent{{"name", "ferry"}, {"stops", {1, 2, 3}}};
    require(response.json().at("json") == sent, "the server saw other JSON");
    return fmt::format("{}, the server saw the same JSON", response.status_code());
}

[[nodiscard]] std::string default_headers(const Stage& stage) {
    const auto face = stage.column.make({.headers = {{"Authorization", "Bearer demo"}}});
    const Response response = face->request("GET", stage.origin + "/headers", {.headers = {{"X-Step", "3"}}});
    const Json seen = response.json().at("headers");
    const Json expected{{"Host", stage.origin.substr(std::string_view("http://").size())},
                        {"Accept", "*/*"},
                        {"Connection", "keep-alive"},
                        {"User-Agent", fmt::format("ferry/{}.{}", FERRY_VERSION_MAJOR, FERRY_VERSION_MINOR)},
                        {"Authorization", "Bearer demo"},
                        {"X-Step", "3"}};
    for (const auto& [name, value] : expected.items()) {
        require(seen.contains(name) && seen.at(name) == value,
                fmt::format("{}: {}, not {}", name, seen.value(name, "nothing"), value.get<std::string>()));
    }
    return fmt::format("ferry's {}, the client's and the request's", expected.size() - 2);
}

[[nodiscard]] std::string status_error(const Stage& stage) {
    const auto face = stage.column.make({});
    try {
        face->request("GET", stage.origin + "/status/404", {}).raise_for_status();
    } catch (const HttpStatusError& error) {
        require(error.status_code() == 404, fmt::format("HttpStatusError {}", error.status_code()));
        return "HttpStatusError 404";
    }
    throw StepFailed("nothing was thrown");
}

// A port that is taken, so that nobody else listens there, but not listened on.
[[nodiscard]] std::uint16_t hold_port(const Descriptor& socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(socket.get(), generic, size) == 0 && ::getsockname(socket.get(), generic, &size) == 0,
            "there is no free port");
    return ntohs(address.sin_port);
}

[[nodiscard]] std::string refused(const Stage& stage) {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::string url = fmt::format("http://127.0.0.1:{}/", hold_port(socket));
    const auto face = stage.column.make({});
    try {
        (void)face->request("GET", url, {});
    } catch (const ConnectError& error) {
        require(error.safe_to_retry(), "ConnectError, but not safe to retry");
        return "ConnectError, safe to retry";
    }
    throw StepFailed("nothing was thrown");
}

[[nodiscard]] std::string read_timeout(const Stage& stage) {
    const auto face = stage.column.make({});
    const auto start = std::chrono::steady_clock::now();
    try {
        (void)face->request("GET", stage.origin + "/delay/5", {.timeout = 300ms});
    } catch (const ReadTimeout&) {
        const auto elapsed = std::chrono::steady_clock::now() - start;
        const std::string text = fmt::format("ReadTimeout after {:.0f} ms", milliseconds(elapsed));
        require(elapsed >= 300ms && elapsed <= 2s, text);
        return text;
    }
    throw StepFailed("nothing was thrown");
}

// What the server counts, asked over one connection of its own.
class Counter {
public:
    explicit Counter(const std::string& origin) : client_({.base_url = origin}) {}
    [[nodiscard]] std::uint64_t accepted() {
        const Json stats = client_.get("/stats").raise_for_status().json();
        require(connection_ == 0 || stats.at("this_connection").at("number") == connection_, "/stats was disconnected");
        connection_ = stats.at("this_connection").at("number");
        return stats.at("connections_accepted");
    }

private:
    Client client_;
    std::uint64_t connection_ = 0;
};

[[nodiscard]] std::string gather(const Stage& stage) {
    Counter counter(stage.origin);
    const std::uint64_t before = counter.accepted();
    const auto face = stage.column.make({.limits = {.max_connections = few}});
    const std::vector<Call> calls(many, Call(stage.origin + "/get"));
    const auto start = std::chrono::steady_clock::now();
    for (const Result<Response>& result : face->gather(calls)) {
        require(result.value().status_code() == 200, fmt::format("status {}", result->status_code()));
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    const std::uint64_t accepted = counter.accepted() - before;
    const std::uint64_t opened = face->stats().connections_opened;
    require(accepted == opened, fmt::format("the client opened {}, the server accepted {}", opened, accepted));
    require(opened >= 1 && opened <= few, fmt::format("{} connections", opened));
    return fmt::format("{} x 200 over {} connections in {:.0f} ms", calls.size(), opened, milliseconds(elapsed));
}

constexpr std::array all_steps{
    Step{"GET /get?page=2 → JSON", get_json},
    Step{"POST /post, JSON → JSON", post_json},
    Step{"default headers", default_headers},
    Step{"GET /status/404, raise_for_status()", status_error},
    Step{"a port that nobody listens on", refused},
    Step{"GET /delay/5, 300 ms to read", read_timeout},
    Step{"100 GETs at once, 10 connections at most", gather},
};

}  // namespace

std::span<const Step> steps() noexcept { return all_steps; }

}  // namespace ferry::tools
