#include "core/exchange/prepare.hpp"

#include <ferry/version.hpp>

#include "core/exchange/base64.hpp"
#include "core/exchange/resolve.hpp"
#include "core/message/ascii.hpp"
#include "core/message/judged_fields.hpp"
#include "core/message/mask.hpp"
#include "core/message/name_request.hpp"
#include "core/message/quote.hpp"
#include "core/message/scheme.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ferry::detail {

namespace {

#define FERRY_TEXT_(x) #x
#define FERRY_TEXT(x) FERRY_TEXT_(x)
constexpr std::string_view user_agent = "ferry/" FERRY_TEXT(FERRY_VERSION_MAJOR) "." FERRY_TEXT(FERRY_VERSION_MINOR);
#undef FERRY_TEXT
#undef FERRY_TEXT_

// The content codings that this build can decode, as Accept-Encoding lists them. None yet: then it is not sent.
constexpr std::string_view codings;

Headers built_in_headers() {
    Headers headers{{"Accept", "*/*"}};
    if (!codings.empty()) {
        headers.add("Accept-Encoding", codings);
    }
    headers.add("Connection", "keep-alive");
    headers.add("User-Agent", user_agent);
    return headers;
}

bool names(const std::vector<std::string>& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [name](const std::string& entry) { return same_name(entry, name); });
}

Headers without_host(Headers headers) {
    headers.erase("Host");
    return headers;
}

void append_hosts(const Headers& from, Headers& to) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from.known(i) == KnownField::host) {
            to.add(from[i].name, from[i].value);
        }
    }
}

// What a URL with a name and a password asks for, unless there is something.
void add_credentials(const Url& url, Headers& headers) {
    if (!headers.contains("Authorization")) {
        headers.add("Authorization", "Basic " + base64(url.username() + ":" + url.password()));
    }
}

Result<void> check_removed(const std::vector<std::string>& list) {
    for (const std::string& name : list) {
        if (!is_token(name)) {
            return Error{.code = Errc::invalid_option,
                         .message = "remove_headers: " + quoted(name) + " is not the name of a field"};
        }
        if (known_field(name) == KnownField::host) {
            return Error{.code = Errc::invalid_option, .message = "remove_headers: Host cannot be left out"};
        }
    }
    return {};
}

// RFC 3986 section 3.1, with its colon.
bool has_scheme(std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && colon > 0 && is_alpha(text.front()) &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

// RFC 3986 section 4.2: "//host", with what may follow it; not "///path", whose host is empty.
bool names_host(std::string_view text) {
    return text.starts_with("//") && text.substr(2).find_first_of("/?#") != 0 && text.size() > 2;
}

Result<std::string> check_base(const std::string& text) {
    const auto fault = [](Errc code, std::string message) {
        return Error{.code = code, .message = "base_url: " + std::move(message)};
    };
    if (text.empty()) {
        return std::string();
    }
    Result<Url> parsed = Url::parse(text);
    if (!parsed) {
        Error error = std::move(parsed).error();
        error.message.insert(0, "base_url: ");
        return error;
    }
    const Url& url = *parsed;
    if (url.scheme() != "http" && url.scheme() != "https") {
        return fault(Errc::unsupported_protocol, quoted(url.display()) + " does not begin with http:// or https://");
    }
    if (url.raw_host().empty()) {
        return fault(Errc::invalid_url, quoted(url.display()) + " has no host");
    }
    if (text.find('#') != std::string::npos) {
        return fault(Errc::invalid_url, quoted(url.display()) + " has a fragment, to which nothing can be appended");
    }
    if (text.find('?') != std::string::npos) {
        return fault(Errc::invalid_url, quoted(url.display()) + " has a query; put it into params");
    }
    std::string base = url.str();
    if (!base.ends_with('/')) {
        base += '/';
    }
    return base;
}

Result<void> check_body(const Options& options) {
    const auto fault = [](std::string_view sentence) {
        return Error{.code = Errc::invalid_option, .message = std::string(sentence)};
    };
    if (options.content.is_set() && options.json.is_set()) {
        return fault("content and json are both set; a request has one body");
    }
    const BodySource& body = options.body;
    if (body.is_set() && (options.content.is_set() || options.json.is_set())) {
        return fault(options.json.is_set() ? "json and body are both set; a request has one body"
                                           : "content and body are both set; a request has one body");
    }
    if (!body.is_set() && (body.length || body.rewind != nullptr || body.trailers != nullptr)) {
        return fault("body.next is not set: there is nothing that the body comes from");
    }
    if (body.length && body.trailers != nullptr) {
        return fault("body.length and body.trailers are both set; only a chunked body has trailers");
    }
    return {};
}

Result<void> check_buffers(const SocketOptions& options) {
    const auto fault = [](std::string_view name) {
        return Error{.code = Errc::invalid_option,
                     .message = "socket_options." + std::string(name) + " is not a positive number"};
    };
    if (options.receive_buffer.value_or(1) <= 0) {
        return fault("receive_buffer");
    }
    if (options.send_buffer.value_or(1) <= 0) {
        return fault("send_buffer");
    }
    return {};
}

}  // namespace

Result<Defaults> Defaults::make(const Config& config) {
    Result<Defaults> defaults = resolved(config);
    if (!defaults) {
        Error refusal = std::move(defaults).error();
        refusal.safe_to_retry = true;
        return refusal;
    }
    return defaults;
}

Result<Defaults> Defaults::resolved(const Config& config) {
    Defaults defaults;
    Result<std::string> base = check_base(config.base_url);
    if (!base) {
        return std::move(base).error();
    }
    defaults.base_ = *std::move(base);

    for (const Field field : config.headers) {
        if (const std::string fault = field_fault(field.name, field.value); !fault.empty()) {
            return Error{.code = Errc::invalid_header, .message = "headers: " + fault};
        }
    }
    if (const auto checked = check_removed(config.remove_headers); !checked) {
        return checked.error();
    }
    defaults.headers_ = built_in_headers();
    for (const std::string& name : config.remove_headers) {
        defaults.headers_.erase(name);
    }
    defaults.headers_.merge(config.headers);
    JudgedFields::note_all(defaults.headers_);
    defaults.params_ = config.params;

    defaults.timeout_ = config.timeout.timeout();
    const Result<Deadlines> deadlines = resolve(Timeout{}, defaults.timeout_);
    if (!deadlines) {
        return deadlines.error();
    }
    defaults.deadlines_ = *deadlines;
    const Result<PoolLimits> limits = resolve(config.limits);
    if (!limits) {
        return limits.error();
    }
    defaults.engine_.limits = *limits;
    defaults.max_bytes_ = config.max_decoded_bytes;
    const Result<std::uint64_t> max_collected = resolve_max_bytes({}, config.max_decoded_bytes, default_max_collected);
    if (!max_collected) {
        return max_collected.error();
    }
    defaults.max_collected_ = *max_collected;
    defaults.max_streamed_ = resolve_max_bytes({}, config.max_decoded_bytes, no_limit).value_or(no_limit);
    if (const auto checked = check_buffers(config.socket_options); !checked) {
        return checked.error();
    }
    defaults.engine_.socket_options = std::make_shared<const SocketOptions>(config.socket_options);
    defaults.engine_.socket_path = config.socket_path;
    defaults.engine_.trace = config.on_trace != nullptr;
    const Result<std::uint64_t> retries = resolve_retries({}, config.retries);
    if (!retries) {
        return retries.error();
    }
    defaults.retries_ = *retries;
    Result<std::vector<HostAddresses>> hosts = resolve(config.hosts);
    if (!hosts) {
        return std::move(hosts).error();
    }
    defaults.engine_.hosts = *std::move(hosts);
    defaults.resolver_ = config.resolver;
    const Result<std::optional<Duration>> expect = resolve(config.expect_continue, {});
    if (!expect) {
        return expect.error();
    }
    defaults.expect_continue_ = *expect;
    auto policy = resolve(config.retry_policy);
    if (!policy) {
        return std::move(policy).error();
    }
    defaults.retry_policy_ = *std::move(policy);
    defaults.engine_.retry_budget = config.retry_budget;
    return defaults;
}

Result<Request> Defaults::prepare(std::string_view method, UrlRef url, bool collect) const {
    Result<Request> request(std::in_place);
    request->collect = collect;
    prepare_in(request, method, url, nullptr);
    return request;
}

Result<Request> Defaults::prepare(std::string_view method, UrlRef url, const Options& options, bool collect) const {
    Result<Request> request(std::in_place);
    request->collect = collect;
    prepare_in(request, method, url, &options);
    return request;
}

void Defaults::prepare_in(Result<Request>& request, std::string_view method, UrlRef url, const Options* options) const {
    if (Result<void> assembled = assemble(method, url, options, *request); !assembled) {
        request = refusal(std::move(assembled).error(), method, url, options);
    }
}

Error Defaults::refusal(Error error, std::string_view method, UrlRef url, const Options* options) const {
    error.safe_to_retry = true;
    std::string asked(url.text());
    if (Result<Url> located = locate(url)) {
        asked = located->str();
        if (const Result<Url> with = with_params(*located, options != nullptr ? options->params : Params())) {
            asked = with->str();
        }
    }
    if (error.code == Errc::invalid_option || error.code == Errc::invalid_body) {  // Others name it.
        error.message.append(": ").append(method).append(" ").append(mask_password(asked));
    }
    name_request(error, std::string(method), asked);
    return error;
}

Result<void> Defaults::assemble(std::string_view method, UrlRef url, const Options* options, Request& request) const {
    if (auto located = locate(url, request.url); !located) {
        return located;
    }
    if (!params_.empty() || (options != nullptr && !options->params.empty())) {
        Result<Url> asked = with_params(request.url, options != nullptr ? options->params : Params());
        if (!asked) {
            return std::move(asked).error();
        }
        request.url = *std::move(asked);
    }
    request.method = method;
    limit(request);
    if (options == nullptr) {
        begin_headers(request.url, Headers(), request.headers);
        if (!request.url.userinfo().empty()) {
            add_credentials(request.url, request.headers);
        }
        return {};
    }
    if (auto checked = check_body(*options); !checked) {
        return checked;
    }
    if (!options->json.fault().empty()) {
        return Error{.code = Errc::invalid_body, .message = options->json.fault()};
    }
    if (auto checked = check_removed(options->remove_headers); !checked) {
        return checked;
    }
    if (auto limited = limit(*options, request); !limited) {
        return limited;
    }
    request.target = options->target;
    begin_headers(request.url, options->headers, request.headers);
    merge_headers(*options, request.headers);
    if (!request.url.userinfo().empty() && !names(options->remove_headers, "Authorization")) {
        add_credentials(request.url, request.headers);
    }
    set_body(*options, request);
    return {};
}

void Defaults::set_body(const Options& options, Request& request) {
    if (options.json.is_set()) {
        request.body = Request::Body::buffered;
        request.content = options.json.bytes();
    } else if (options.content.is_set()) {
        request.body = Request::Body::buffered;
        request.content = options.content.bytes();
    } else if (options.body.is_set()) {
        request.body = Request::Body::streamed;
        request.content_length = options.body.length;
        request.rewindable = options.body.rewind != nullptr;
        request.source = std::make_shared<BodySource>(options.body);
    }
}

void Defaults::limit(Request& request) const {
    request.deadlines = deadlines_;
    request.max_body = request.collect ? max_collected_ : max_streamed_;
    request.connect_retries = retries_;
    request.expect_continue = expect_continue_;
    request.retry_policy = retry_policy_;
}

Result<void> Defaults::limit(const Options& options, Request& request) const {
    if (options.timeout != TimeoutOption()) {
        const Result<Deadlines> deadlines = resolve(options.timeout.timeout(), timeout_);
        if (!deadlines) {
            return deadlines.error();
        }
        request.deadlines = *deadlines;
    }
    if (options.max_decoded_bytes.is_set()) {
        const Result<std::uint64_t> max_bytes = resolve_max_bytes(options.max_decoded_bytes, {}, no_limit);
        if (!max_bytes) {
            return max_bytes.error();
        }
        request.max_body = *max_bytes;
    }
    if (options.retries.is_set()) {
        const Result<std::uint64_t> retries = resolve_retries(options.retries, {});
        if (!retries) {
            return retries.error();
        }
        request.connect_retries = *retries;
    }
    if (options.expect_continue.wait().is_set()) {
        const Result<std::optional<Duration>> expect = resolve(options.expect_continue, {});
        if (!expect) {
            return expect.error();
        }
        request.expect_continue = *expect;
    }
    if (options.retry_policy) {
        auto policy = resolve(options.retry_policy);
        if (!policy) {
            return std::move(policy).error();
        }
        request.retry_policy = *std::move(policy);
    }
    return {};
}

std::uint64_t Defaults::max_collected(const Options& options) const {
    return resolve_max_bytes(options.max_decoded_bytes, max_bytes_, default_max_collected).value_or(no_limit);
}

Result<Url> Defaults::locate(UrlRef url) const {
    Result<Url> located(std::in_place);
    if (auto found = locate(url, *located); !found) {
        located = std::move(found).error();
    }
    return located;
}

Result<void> Defaults::locate(UrlRef url, Url& located) const {
    if (url.url() != nullptr && url.url()->is_absolute_url()) {
        located = *url.url();
        return check_requestable(located);
    }
    const std::string_view text = url.text();
    Result<Url> parsed = [&]() -> Result<Url> {
        if (has_scheme(text)) {
            return Url::parse(text);
        }
        const std::string_view path = text.substr(std::min(text.find_first_not_of('/'), text.size()));
        if (names_host(text)) {
            return Error{
                .code = Errc::unsupported_protocol,
                .message = "the URL " + quoted(mask_password(text)) + " has a host, but no http:// or https://"};
        }
        if (base_.empty()) {
            return Error{.code = Errc::unsupported_protocol,
                         .message = "the URL " + quoted(mask_password(text)) +
                                    " is missing http:// or https://, and there is no base_url"};
        }
        return Url::parse(std::string(base_).append(path));
    }();
    if (!parsed) {
        return std::move(parsed).error();
    }
    located = *std::move(parsed);
    return check_requestable(located);
}

Result<Url> Defaults::with_params(const Url& url, const Params& params) const {
    if (params_.empty()) {
        return params.empty() ? url : url.try_merge_params(params);
    }
    Params all;
    for (const Param& param : params_) {
        if (!params.get(param.name)) {
            all.add(param);
        }
    }
    for (const Param& param : params) {
        all.add(param);
    }
    return url.try_merge_params(all);
}

// Host, and what the client sends. There is room left for what follows, and for the framing field that complete() adds.
void Defaults::begin_headers(const Url& url, const Headers& given, Headers& headers) const {
    constexpr std::size_t more_fields = 3;
    constexpr std::size_t more_bytes = 64;
    headers.reserve(1 + headers_.size() + given.size() + more_fields,
                    url.netloc().size() + headers_.wire().size() + given.wire().size() + more_bytes);
    const bool own_host = headers_.count(KnownField::host) > 0;
    if (given.count(KnownField::host) > 0) {
        append_hosts(given, headers);
    } else if (own_host) {
        append_hosts(headers_, headers);
    } else {
        headers.add("Host", url.netloc());
        JudgedFields::note_all(headers);  // It is the first.
    }
    if (own_host) {
        headers.append(without_host(headers_));
    } else {
        headers.append(headers_);
    }
}

// What the request sends in place of that, and what follows from its body.
void Defaults::merge_headers(const Options& options, Headers& headers) {
    for (const std::string& name : options.remove_headers) {
        headers.erase(name);
    }
    if (options.headers.count(KnownField::host) > 0) {
        headers.merge(without_host(options.headers));
    } else {
        headers.merge(options.headers);
    }
    if (options.json.is_set() && headers.count(KnownField::content_type) == 0 &&
        !names(options.remove_headers, "Content-Type")) {
        headers.add("Content-Type", "application/json");
    }
}

}  // namespace ferry::detail
