#include "tools/fetch/plan.hpp"

#include "core/exchange/base64.hpp"
#include "core/exchange/prepare.hpp"
#include "core/message/ascii.hpp"
#include "tools/descriptor.hpp"
#include "tools/fetch/failure.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/hosts.hpp>
#include <ferry/request.hpp>

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

namespace ferry::tools {
namespace {

[[nodiscard]] std::string read_all(const std::string& name) {
    Descriptor file;
    int fd = 0;
    if (name != "-") {
        file = Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        fd = file.get();
    }
    std::string content;
    std::array<char, std::size_t{64} * 1024> room{};
    for (;;) {
        const ssize_t count = fd < 0 ? -1 : ::read(fd, room.data(), room.size());
        if (count == 0) {
            return content;
        }
        if (count > 0) {
            content.append(room.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            throw FetchFailure(exit_code::read_error, fmt::format("cannot read {}: {}", name == "-" ? "stdin" : name,
                                                                  std::generic_category().message(errno)));
        }
    }
}

[[nodiscard]] std::string load(const FetchSettings::Data& data) {
    if (data.kind == FetchSettings::Data::Kind::raw || !data.value.starts_with('@')) {
        return data.value;
    }
    if (data.value.size() == 1) {
        throw FetchFailure(exit_code::usage, "'@' names no file to read data from; @- is standard input");
    }
    std::string content = read_all(data.value.substr(1));
    if (data.kind == FetchSettings::Data::Kind::form) {
        // As curl: a form has no line ends, its file may have.
        std::erase_if(content, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    }
    return content;
}

// All the data together. curl puts "&" before each but the first; JSON is only put together.
[[nodiscard]] std::optional<std::string> body_of(const FetchSettings& settings) {
    std::optional<std::string> body;
    for (const FetchSettings::Data& data : settings.data) {
        if (body && data.kind != FetchSettings::Data::Kind::json) {
            *body += '&';
        }
        body = body.value_or("") + load(data);
    }
    return body;
}

void check_uploads(const FetchSettings& settings) {
    if (settings.uploads.empty()) {
        return;
    }
    if (settings.head || !settings.data.empty()) {
        throw FetchFailure(exit_code::usage, "-T sends a file with PUT: neither -I nor -d go with it");
    }
    if (settings.uploads.size() > settings.urls.size()) {
        throw FetchFailure(exit_code::usage, fmt::format("-T: there is no URL for '{}'", settings.uploads.back()));
    }
    if (std::ranges::count(settings.uploads, "-") > 1) {
        throw FetchFailure(exit_code::usage, "-T: standard input can be sent once");
    }
}

[[nodiscard]] std::string method_of(const FetchSettings& settings, bool uploads) {
    const bool posts = !settings.data.empty() && !settings.data_in_query;
    if (settings.head && posts) {
        throw FetchFailure(exit_code::usage, "-I asks with HEAD, and data is sent with POST: only one can be");
    }
    if (settings.method) {
        return *settings.method;
    }
    if (uploads) {
        return "PUT";
    }
    return settings.head ? "HEAD" : posts ? "POST" : "GET";
}

void add_header(const std::string& line, Options& options) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) {
        // curl's spelling of a field without a value.
        if (line.size() < 2 || !line.ends_with(';')) {
            throw FetchFailure(exit_code::usage, fmt::format("-H: '{}' has no colon", line));
        }
    }
    const bool empty = colon == std::string::npos;
    const std::string name = line.substr(0, empty ? line.size() - 1 : colon);
    std::string_view value = empty ? std::string_view() : std::string_view(line).substr(colon + 1);
    const auto start = value.find_first_not_of(" \t");
    value = start == std::string_view::npos ? std::string_view() : value.substr(start);
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    if (const std::string fault = field_fault(name, value); !fault.empty()) {
        throw FetchFailure(exit_code::usage, "-H: " + fault);
    }
    if (value.empty() && !empty) {
        if (same_name(name, "Host")) {
            throw FetchFailure(exit_code::usage, "-H: Host cannot be left out of a request");
        }
        options.remove_headers.push_back(name);
    } else {
        options.headers.add(name, value);
    }
}

// Sets a field unless the command line sets or removes it.
void add_default(std::string_view name, std::string_view value, Options& options) {
    const bool removed = std::ranges::any_of(options.remove_headers,
                                             [name](const std::string& other) { return same_name(other, name); });
    if (!removed && !options.headers.contains(name)) {
        options.headers.add(name, value);
    }
}

// As curl: rather than what a URL has, but not where -H sets or removes the field.
void add_user(const FetchSettings& settings, Options& options) {
    if (settings.user) {
        const bool has_password = settings.user->find(':') != std::string::npos;
        add_default("Authorization", "Basic " + detail::base64(*settings.user + (has_password ? "" : ":")), options);
    }
}

void add_headers(const FetchSettings& settings, bool has_body, Options& options) {
    for (const std::string& line : settings.headers) {
        add_header(line, options);
    }
    add_user(settings, options);
    const bool json = std::ranges::any_of(
        settings.data, [](const auto& data) { return data.kind == FetchSettings::Data::Kind::json; });
    if (json) {
        add_default("Accept", "application/json", options);
    }
    if (has_body) {
        add_default("Content-Type", json ? "application/json" : "application/x-www-form-urlencoded", options);
    }
}

[[nodiscard]] TimeLimit limit(double seconds) {
    return seconds > 0 ? TimeLimit(std::chrono::duration<double>(seconds)) : TimeLimit(std::nullopt);
}

[[nodiscard]] bool has_scheme(std::string_view text) noexcept {
    const auto colon = text.find("://");
    return colon != std::string_view::npos && colon < text.find_first_of("/?#@");
}

[[nodiscard]] std::string with_scheme(const std::string& text) {
    // CLI11 takes the brackets off "[::1]" where that is the whole argument.
    const auto address = parse_address(text, 0);
    if (address && address->family == Endpoint::Family::ip6) {
        return "http://[" + text + "]";
    }
    return (has_scheme(text) ? "" : "http://") + text;
}

// As curl: no data, no query.
[[nodiscard]] std::string with_query(const std::string& text, const std::string& data) {
    if (data.empty()) {
        return text;
    }
    const std::string start = text.substr(0, text.find('#'));
    const std::string fragment = text.substr(start.size());
    return start + (start.find('?') == std::string::npos ? "?" : "&") + data + fragment;
}

// As curl: "http://host/folder/" becomes "http://host/folder/name". Not where there is a query, nor for standard input.
[[nodiscard]] std::string with_file_name(const std::string& text, const std::string& file) {
    const std::string start = text.substr(0, text.find_first_of("?#"));
    const std::size_t authority = start.find("://") + 3;
    const bool ends_in_slash = start.ends_with('/') || start.find('/', authority) == std::string::npos;
    const bool has_query = start.size() < text.size() && text[start.size()] == '?';
    if (file == "-" || has_query || !ends_in_slash) {
        return text;
    }
    const std::string name = file.substr(file.find_last_of("/\\") + 1);
    std::string with_name = start + (start.ends_with('/') ? "" : "/");
    for (const char c : name) {
        const bool unreserved =
            detail::is_alpha(c) || detail::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
        with_name += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return with_name + text.substr(start.size());
}

void add_upload(Plan::Target& target, const std::string& file, double expect_timeout) {
    target.upload = upload_from(file);
    constexpr std::uint64_t small = 1024 * 1024;  // curl asks from there on
    if (target.upload.body.length.value_or(small + 1) > small) {
        target.expect_continue = std::chrono::duration<double>(expect_timeout);
    }
}

// As curl: any method, what may pass by itself, and pauses of 1 s, 2 s, 4 s … up to 10 minutes.
[[nodiscard]] RetryPolicy retry_policy(const FetchSettings& settings, const std::vector<Plan::Target>& targets) {
    RetryPolicy policy{.max_retries = settings.retries,
                       .methods = {},
                       .network_errors = false,
                       .backoff = std::chrono::seconds(1),
                       .max_backoff = std::chrono::minutes(10),
                       .jitter = 0,
                       .max_retry_after = std::nullopt};
    for (const Plan::Target& target : targets) {
        policy.methods.push_back(target.method);
    }
    return policy;
}

// `typed` is what the command line has, without the scheme that was added.
[[nodiscard]] Url parse_url(const std::string& text, const std::string& typed) {
    if (typed.empty()) {
        throw FetchFailure(exit_code::bad_url, "a URL on the command line is empty: ''");
    }
    Result<Url> url = Url::parse(text);
    if (!url) {
        const std::string added = text.ends_with(typed) ? text.substr(0, text.size() - typed.size()) : "";
        const std::string note = added.empty() ? "" : fmt::format(" (\"{}\" was put before it)", added);
        throw FetchFailure(exit_code::bad_url, url.error().message + note);
    }
    return std::move(*url);
}

// "host:80:10.0.0.1,[::1]"; curl's "+" before it, which lets the entry grow old, has no meaning for one command.
[[nodiscard]] HostEntry host_entry(const std::string& text) {
    const auto fault = [&text](const std::string& what) {
        return FetchFailure(exit_code::usage, fmt::format("--resolve: '{}' {}", text, what));
    };
    std::string_view rest = text;
    rest.remove_prefix(rest.starts_with('+') ? 1 : 0);
    const auto bracket = rest.starts_with('[') ? rest.find(']') : 0;
    const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const auto second = colon == std::string_view::npos ? colon : rest.find(':', colon + 1);
    if (second == std::string_view::npos) {
        throw fault("is not HOST:PORT:ADDRESS");
    }
    if (rest.starts_with("*:")) {
        throw fault("is for all hosts, which cannot be: name one");  // in curl it can
    }
    HostEntry entry;
    entry.host = rest.substr(0, second);
    std::uint16_t port = 0;
    const std::string_view digits = rest.substr(colon + 1, second - colon - 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
        throw fault(fmt::format("has no port between its colons, but '{}'", digits));
    }
    if (const Result<Url> url = Url::parse("http://" + entry.host + "/"); !url || url->raw_path() != "/") {
        throw fault(fmt::format("does not begin with a host, but with '{}'", rest.substr(0, colon)));
    }
    std::string_view list = rest.substr(second + 1);
    while (true) {
        std::string_view address = list.substr(0, list.find(','));
        if (address.starts_with('[') && address.ends_with(']')) {
            address = address.substr(1, address.size() - 2);
        }
        if (!parse_address(address, port)) {
            throw fault(fmt::format("has '{}' where an address is due", address));
        }
        entry.addresses.emplace_back(address);
        if (const auto comma = list.find(','); comma != std::string_view::npos) {
            list.remove_prefix(comma + 1);
        } else {
            return entry;
        }
    }
}

template <class Value>
[[nodiscard]] Value checked(Result<Value> result) {
    if (!result) {
        throw FetchFailure(exit_code_of(result.error().code), result.error().message);
    }
    return *std::move(result);
}

// The request as it will be sent: what the engine would refuse is refused here, before the first of several.
[[nodiscard]] Request rehearsed(const detail::Defaults& defaults, const Plan& plan, const Plan::Target& target) {
    Request request = checked(defaults.prepare(target.method, target.url, plan.options_for(target), false));
    if (const auto fine = complete(request); !fine) {
        throw FetchFailure(exit_code_of(fine.error().code), fine.error().message);
    }
    return request;
}

[[nodiscard]] std::uint64_t head_size(const Request& request) {
    constexpr std::string_view rest = "  HTTP/1.1\r\n\r\n";
    return request.method.size() + request.url.raw_path().size() + request.headers.wire().size() + rest.size();
}

}  // namespace

Plan make_plan(const FetchSettings& settings) {
    Plan plan;
    for (const std::string& url : settings.urls) {
        if (url.starts_with('-')) {  // "-4": no host begins like that, but options do
            throw FetchFailure(exit_code::usage,
                               fmt::format("'{}' is not known; 'ferry fetch --help' says what there is", url));
        }
    }
    if (settings.write_out == "@") {
        throw FetchFailure(exit_code::usage, "-w: '@' names no file to read the format from; @- is standard input");
    }
    plan.write_out = settings.write_out.starts_with('@') ? read_all(settings.write_out.substr(1)) : settings.write_out;
    check_uploads(settings);
    const std::optional<std::string> data = body_of(settings);
    const bool has_body = data && !settings.data_in_query;
    add_headers(settings, has_body, plan.options);
    if (has_body) {
        plan.options.content = Content(*data);
    }
    if (settings.max_filesize) {
        plan.config.max_decoded_bytes = *settings.max_filesize;
    }
    plan.config.timeout = Timeout{.connect = limit(settings.connect_timeout),
                                  .read = limit(settings.read_timeout),
                                  .write = std::nullopt,
                                  .pool = std::nullopt,
                                  .total = limit(settings.max_time)};
    plan.config.limits = Limits{.max_connections = std::max(settings.parallel_max, 1U),
                                .max_keepalive = std::max(settings.parallel_max, 1U),
                                .keepalive_expiry = {}};
    if (std::ranges::find(settings.outputs, "") != settings.outputs.end()) {
        throw FetchFailure(exit_code::usage, "-o: the name of the file is empty; - is standard output");
    }
    for (const std::string& entry : settings.resolve) {
        plan.config.hosts.add(host_entry(entry));
    }
    plan.config.socket_path = settings.unix_socket;
    if (settings.outputs.size() > settings.urls.size()) {
        throw FetchFailure(exit_code::usage, fmt::format("-o: there is no URL for '{}'", settings.outputs.back()));
    }
    const auto defaults = checked(detail::Defaults::make(plan.config));
    for (std::size_t i = 0; i < settings.urls.size(); ++i) {
        Plan::Target target;
        std::string full = with_scheme(settings.urls[i]);
        target.text = settings.urls[i];
        const std::string file = i < settings.uploads.size() ? settings.uploads[i] : std::string();
        target.method = method_of(settings, !file.empty());
        if (!file.empty()) {
            full = target.text = with_file_name(full, file);
            add_upload(target, file, settings.expect_timeout);
        }
        if (data && settings.data_in_query) {
            full = target.text = with_query(full, *data);
        }
        target.url = parse_url(full, settings.urls[i]);
        if (i < settings.outputs.size() && settings.outputs[i] != "-") {
            target.output = settings.outputs[i];
        }
        target.head_size = head_size(rehearsed(defaults, plan, target));
        plan.targets.push_back(std::move(target));
    }
    if (settings.retries > 0) {
        plan.config.retry_policy = retry_policy(settings, plan.targets);
    }
    return plan;
}

Options Plan::options_for(const Target& target) const {
    Options all = options;
    all.body = target.upload.body;
    all.expect_continue = target.expect_continue;
    return all;
}

}  // namespace ferry::tools
