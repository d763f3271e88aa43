// What a request needs before it can be sent, checked and completed in one place.
#include <ferry/request.hpp>

#include "core/message/judged_fields.hpp"
#include "core/message/literal.hpp"
#include "core/message/quote.hpp"
#include "core/message/scheme.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace ferry {

namespace {

using detail::is_literal;
using detail::quoted;

[[gnu::cold]] Error fault(Errc code, std::string sentence) { return {.code = code, .message = std::move(sentence)}; }

struct NamedLimit {
    std::optional<Duration> Deadlines::* limit;
    std::string_view name;
    bool zero_allowed;
};

constexpr std::array<NamedLimit, 5> named_limits{{{&Deadlines::connect, "connect", false},
                                                  {&Deadlines::read, "read", false},
                                                  {&Deadlines::write, "write", false},
                                                  {&Deadlines::pool, "pool", true},
                                                  {&Deadlines::total, "total", false}}};

Result<void> check_limits(const Deadlines& deadlines) {
    for (const NamedLimit& each : named_limits) {
        const std::optional<Duration>& limit = deadlines.*each.limit;
        if (limit && (*limit < Duration::zero() || (*limit == Duration::zero() && !each.zero_allowed))) {
            return fault(Errc::invalid_option, "timeout." + std::string(each.name) + " is " +
                                                   (*limit < Duration::zero() ? "negative" : "zero"));
        }
    }
    return {};
}

Result<void> check_head(const Request& request) {
    if (!is_token(request.method)) {
        return fault(Errc::invalid_method, "the method " + quoted(request.method) + " is not a token");
    }
    if (auto fine = detail::check_requestable(request.url); !fine) {
        return fine;
    }
    const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
    if (std::any_of(request.target.begin(), request.target.end(), forbidden)) {
        return fault(Errc::invalid_target,
                     "the target " + quoted(request.target) + " has white space or control bytes");
    }
    for (std::size_t i = JudgedFields::count(request.headers); i < request.headers.size(); ++i) {
        const Field field = request.headers[i];
        if (!is_token(field.name) || !is_field_value(field.value)) {
            return fault(Errc::invalid_header, field_fault(field.name, field.value));
        }
    }
    return {};
}

/// RFC 9110 section 10.1.1: "A client MUST NOT generate a 100-continue expectation in a request that does not include
/// content." One that the fields have is kept as well as one that the request asks for.
void complete_expectation(Request& request) {
    Headers& headers = request.headers;
    const bool given = headers.count(KnownField::expect) == 1 &&
                       same_name(headers.first(KnownField::expect).value_or(""), "100-continue");
    const bool has_body = request.body == Request::Body::streamed
                              ? headers.first(KnownField::content_length).value_or("") != "0"
                              : !request.content.empty();
    if (!has_body) {
        request.expect_continue.reset();
        if (given) {
            headers.erase("Expect");
        }
    } else if (request.expect_continue && !given) {
        headers.add("Expect", "100-continue");
    } else if (given && !request.expect_continue) {
        request.expect_continue = std::chrono::seconds(1);
    }
}

/// RFC 9112 section 6.3, for what we send: the fields say what the body is, or the body says what the fields are.
Result<void> complete_framing(Request& request) {
    Headers& headers = request.headers;
    const bool chunked = headers.count(KnownField::transfer_encoding) != 0;
    const bool sized = headers.count(KnownField::content_length) != 0;
    if (chunked && sized) {
        return fault(Errc::invalid_header, "content-length and transfer-encoding cannot both be given");
    }
    if (request.body != Request::Body::streamed) {
        const std::uint64_t size = request.content.size();
        if (request.body == Request::Body::none && size != 0) {
            return fault(Errc::invalid_body, "there is content, but the request says that it has no body");
        }
        if (chunked) {
            return {};
        }
        if (sized) {
            if (headers.get("content-length") != std::to_string(size)) {
                return fault(Errc::invalid_body, "content-length says " + headers["content-length"] +
                                                     ", but the body has " + std::to_string(size) + " bytes");
            }
            return {};
        }
        if (size != 0 || request.body == Request::Body::buffered || is_literal(request.method, "POST") ||
            is_literal(request.method, "PUT") || is_literal(request.method, "PATCH")) {
            headers.add("Content-Length", std::to_string(size));  // RFC 9110 section 8.6
        }
        return {};
    }
    if (!chunked && !sized) {
        if (request.content_length) {
            headers.add("Content-Length", std::to_string(*request.content_length));
        } else {
            headers.add("Transfer-Encoding", "chunked");
        }
    }
    return {};
}

}  // namespace

Result<void> complete(Request& request) {
    if (auto head = check_head(request); !head) {
        return head;
    }
    if (auto limits = check_limits(request.deadlines); !limits) {
        return limits;
    }
    if (request.expect_continue && *request.expect_continue < Duration::zero()) {
        return fault(Errc::invalid_option, "expect_continue is negative");
    }
    if (request.window == 0) {
        return fault(Errc::invalid_option, "window is 0: no byte of the body could ever be delivered");
    }
    const std::size_t hosts = request.headers.count(KnownField::host);
    if (hosts > 1) {
        return fault(Errc::invalid_header, "host is given more than once");
    }
    if (hosts == 0) {  // RFC 9112 section 3.2: and first, as section 7.2 of RFC 9110 asks
        request.headers.add_front("Host", request.url.netloc());
    }
    if (auto framing = complete_framing(request); !framing) {
        return framing;
    }
    complete_expectation(request);
    return {};
}

}  // namespace ferry
