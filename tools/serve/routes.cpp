#include "tools/serve/routes.hpp"

#include "tools/serve/echo.hpp"
#include "tools/serve/sources.hpp"
#include "tools/serve/target.hpp"

#include <fmt/format.h>
#include <ferry/url.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <random>
#include <string>

namespace ferry::tools {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40U;
constexpr std::uint64_t most_lines = 1'000'000;
constexpr std::uint64_t most_drops = 10 * 1024 * 1024;  // httpbin's limit for /drip
constexpr double longest_delay = 3600;                  // seconds

struct Call {
    const Incoming& request;
    std::string_view rest;   // of the path, after "/name/"
    std::string_view query;  // still encoded
    const Counters& counters;
};

template <class Number>
[[nodiscard]] std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

[[nodiscard]] std::optional<Duration> seconds(std::string_view text) {
    const auto value = number<double>(text);
    if (!value || !(*value >= 0 && *value <= longest_delay)) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*value));
}

void answer_echo(const Call& call, Reply& reply) {
    reply.set_type("application/json");
    append_echo(reply.body, call.request);
}

void answer_headers(const Call& call, Reply& reply) {
    reply.set_type("application/json");
    append_headers_echo(reply.body, call.request);
}

void answer_status(const Call& call, Reply& reply) {
    const auto status = number<int>(call.rest);
    if (!status || *status < 200 || *status > 999) {
        return set_error(reply, 400, fmt::format("'{}' is not a status from 200 to 999", call.rest));
    }
    reply.status = *status;
    if (*status == 401) {
        reply.headers.set("WWW-Authenticate", "Basic realm=\"ferry\"");
    } else if (*status == 407) {
        reply.headers.set("Proxy-Authenticate", "Basic realm=\"ferry\"");
    } else if (*status / 100 == 3 && *status != 304) {
        reply.headers.set("Location", "/get");
    }
    if (*status == 418) {
        reply.set_type("text/plain; charset=utf-8");
        reply.body = "I'm a teapot.\n";
    }
}

void answer_bytes(const Call& call, Reply& reply) {
    const auto count = number<std::uint64_t>(call.rest);
    if (!count || *count > most_bytes) {
        return set_error(reply, 400, fmt::format("'{}' is not a number of bytes up to {}", call.rest, most_bytes));
    }
    const Params params = Params::parse(call.query);
    std::optional<std::uint64_t> seed;
    if (const auto given = params.get("seed")) {
        seed = number<std::uint64_t>(*given);
        if (!seed) {
            return set_error(reply, 400, fmt::format("seed '{}' is not a number", *given));
        }
    } else {
        static std::random_device random;
        seed = std::uint64_t{random()} << 32U | random();
    }
    reply.set_type("application/octet-stream");
    reply.source = std::make_unique<RandomBytes>(*count, *seed);
    reply.length = count;
}

void answer_stream(const Call& call, Reply& reply) {
    const auto count = number<std::uint64_t>(call.rest);
    if (!count || *count > most_lines) {
        return set_error(reply, 400, fmt::format("'{}' is not a number of lines up to {}", call.rest, most_lines));
    }
    reply.set_type("application/json");
    reply.source = std::make_unique<JsonLines>(*count, line_start(call.request));
}

void answer_delay(const Call& call, Reply& reply) {
    const auto delay = seconds(call.rest);
    if (!delay) {
        return set_error(reply, 400, fmt::format("'{}' is not a number of seconds up to {}", call.rest, longest_delay));
    }
    reply.delay = *delay;
    answer_echo(call, reply);
}

void answer_drip(const Call& call, Reply& reply) {
    const Params params = Params::parse(call.query);
    const auto count = number<std::uint64_t>(params.get("numbytes").value_or("10"));
    const auto duration = seconds(params.get("duration").value_or("2"));
    const auto delay = seconds(params.get("delay").value_or("0"));
    const auto code = number<int>(params.get("code").value_or("200"));
    if (!count || *count == 0 || *count > most_drops) {
        return set_error(reply, 400, fmt::format("numbytes is not a number from 1 to {}", most_drops));
    }
    if (!duration || !delay) {
        return set_error(reply, 400,
                         fmt::format("duration or delay is not a number of seconds up to {}", longest_delay));
    }
    if (!code || *code < 200 || *code > 999 || *code == 204 || *code == 304) {
        return set_error(reply, 400, "code is not a status with a body");
    }
    reply.status = *code;
    reply.delay = *delay;
    reply.set_type("application/octet-stream");
    reply.source = std::make_unique<Drip>(*count, *duration);
    reply.length = count;
}

void answer_stats(const Call& call, Reply& reply) {
    reply.set_type("application/json");
    reply.body = fmt::format(
        "{{\n  \"connections_accepted\": {},\n  \"connections_open\": {},\n  \"requests\": {},\n"
        "  \"this_connection\": {{\n    \"number\": {},\n    \"requests\": {}\n  }}\n}}\n",
        call.counters.accepted, call.counters.open, call.counters.requests, call.request.connection,
        call.request.connection_requests);
}

// What may follow the name in the path.
enum class Rest : std::uint8_t { none, one, any };

struct Route {
    std::string_view name;
    Rest rest;
    std::string_view method;  // empty: any; HEAD goes wherever GET goes
    void (*answer)(const Call&, Reply&);
};
constexpr std::array routes{
    Route{"get", Rest::none, "GET", answer_echo},        Route{"post", Rest::none, "POST", answer_echo},
    Route{"put", Rest::none, "PUT", answer_echo},        Route{"patch", Rest::none, "PATCH", answer_echo},
    Route{"delete", Rest::none, "DELETE", answer_echo},  Route{"anything", Rest::any, "", answer_echo},
    Route{"headers", Rest::none, "GET", answer_headers}, Route{"status", Rest::one, "", answer_status},
    Route{"bytes", Rest::one, "GET", answer_bytes},      Route{"stream", Rest::one, "GET", answer_stream},
    Route{"delay", Rest::one, "", answer_delay},         Route{"drip", Rest::none, "GET", answer_drip},
    Route{"stats", Rest::none, "GET", answer_stats},
};

struct Match {
    const Route* route = nullptr;
    std::string_view rest{};
};

[[nodiscard]] Match match(std::string_view path) noexcept {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    const auto slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    const std::string_view rest = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    const auto* const route = std::ranges::find(routes, name, &Route::name);
    if (route == routes.end()) {
        return {};
    }
    const bool fits = route->rest == Rest::any || (route->rest == Rest::none && slash == std::string_view::npos) ||
                      (route->rest == Rest::one && !rest.empty() && rest.find('/') == std::string_view::npos);
    return fits ? Match{route, rest} : Match{};
}

[[nodiscard]] bool allows(std::string_view allowed, std::string_view method) noexcept {
    return allowed.empty() || method == allowed || (allowed == "GET" && method == "HEAD");
}

// RFC 9110 section 15.5.6: a 405 says what is allowed.
void refuse_method(std::string_view allowed, const RequestHead& head, Reply& reply) {
    const std::string list = (allowed == "GET" ? "GET, HEAD" : std::string(allowed)) + ", OPTIONS";
    reply.headers.set("Allow", list);
    if (head.method == "OPTIONS") {
        reply.status = 204;
        return;
    }
    set_error(reply, 405, fmt::format("{} is not allowed for {}; allowed: {}", head.method, head.target, list));
}

}  // namespace

std::string_view Routes::summary() noexcept {
    return "GET    /get                 the request, told back as JSON\n"
           "POST   /post                the same with its body; also PUT /put, PATCH /patch, DELETE /delete\n"
           "any    /anything[/...]      the same for any method\n"
           "GET    /headers             the request's header fields\n"
           "any    /status/N            an answer with status N\n"
           "GET    /bytes/N[?seed=S]    N random bytes, the same for the same seed\n"
           "GET    /stream/N            N lines of JSON, chunked\n"
           "any    /delay/S             the request as JSON, after S seconds (0.3 is fine)\n"
           "GET    /drip                slow bytes: ?numbytes=10&duration=2&delay=0&code=200\n"
           "GET    /stats               connections accepted, requests served\n";
}

void Routes::answer(const Incoming& request, Reply& reply) const {
    const Target target = cut_target(request.head.target);
    if (target.path == "*" && request.head.method == "OPTIONS") {
        reply.status = 204;
        return;
    }
    if (const auto [route, rest] = match(target.path); route != nullptr) {
        if (!allows(route->method, request.head.method)) {
            return refuse_method(route->method, request.head, reply);
        }
        return route->answer({request, rest, target.query, counters_}, reply);
    }
    const bool is_front = target.path == "/";
    if (!files_ && !is_front) {
        return set_error(reply, 404, fmt::format("there is nothing at {}", request.head.target));
    }
    if (!allows("GET", request.head.method)) {
        return refuse_method("GET", request.head, reply);
    }
    if (files_) {
        return files_->answer(target.path, reply);
    }
    reply.set_type("text/plain; charset=utf-8");
    reply.body = fmt::format("ferry serve\n\n{}", summary());
}

}  // namespace ferry::tools
