#include "tools/serve/echo.hpp"

#include "core/exchange/base64.hpp"
#include "core/message/text.hpp"
#include "tools/serve/json_text.hpp"
#include "tools/serve/target.hpp"

#include <ferry/url.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <vector>

namespace ferry::tools {
namespace {

// How an inner object is written.
struct Style {
    std::string_view member;     // before a member
    std::string_view separator;  // after a member that is not the last
    std::string_view close;      // after the last
};
constexpr Style pretty{"\n    ", ",", "\n  "};
constexpr Style compact{"", ", ", ""};

// Repeated names are joined, as WSGI servers do.
void append_fields(std::string& out, const Headers& headers, const Style& style) {
    out += '{';
    bool first = true;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const Field field = headers[i];
        std::size_t earlier = 0;
        while (!same_name(headers[earlier].name, field.name)) {
            ++earlier;
        }
        if (earlier < i) {
            continue;
        }
        out += first ? "" : style.separator;
        out += style.member;
        append_json(out, field.name);
        out += ": ";
        std::string joined;
        for (std::size_t later = i + 1; later < headers.size(); ++later) {
            if (same_name(headers[later].name, field.name)) {
                joined += (joined.empty() ? std::string(field.value) : "") + ", " + std::string(headers[later].value);
            }
        }
        append_json(out, joined.empty() ? field.value : joined);
        first = false;
    }
    out += first ? "" : style.close;
    out += '}';
}

// In the order of the names; one that repeats has a list of values.
void append_params(std::string& out, std::string_view encoded, const Style& style) {
    const Params params = encoded.empty() ? Params() : Params::parse(encoded);
    std::map<std::string_view, std::vector<std::string_view>> values;
    for (const Param& param : params) {
        values[param.name].push_back(param.value);
    }
    out += '{';
    bool first = true;
    for (const auto& [name, list] : values) {
        out += first ? "" : style.separator;
        out += style.member;
        append_json(out, name);
        out += list.size() > 1 ? ": [" : ": ";
        for (const std::string_view& value : list) {
            out += &value == list.data() ? "" : ", ";
            append_json(out, value);
        }
        out += list.size() > 1 ? "]" : "";
        first = false;
    }
    out += first ? "" : style.close;
    out += '}';
}

void append_url(std::string& out, const Incoming& request) {
    const Target target = cut_target(request.head.target);
    std::string url = "http://";
    url += request.head.headers.first(KnownField::host).value_or("");
    url += target.path == "*" ? "/" : target.path;
    if (!target.query.empty()) {
        url += '?';
        url += target.query;
    }
    append_json(out, url);
}

// The body as it came, where it is JSON; reading it into a document would let deep nesting end the server.
void append_body_json(std::string& out, std::string_view body) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (body.starts_with(byte_order_mark)) {
        body.remove_prefix(byte_order_mark.size());
    }
    out += !body.empty() && nlohmann::json::accept(body) ? body : "null";
}

void append_data(std::string& out, std::string_view body) {
    if (is_utf8(as_bytes(body))) {
        return append_json(out, body);
    }
    out += "\"data:application/octet-stream;base64," + detail::base64(body) + '"';
}

}  // namespace

void append_echo(std::string& out, const Incoming& request) {
    const auto type = request.head.headers.first(KnownField::content_type).value_or("");
    const bool form = same_name(type.substr(0, type.find(';')), "application/x-www-form-urlencoded");
    out += "{\n  \"args\": ";
    append_params(out, cut_target(request.head.target).query, pretty);
    out += ",\n  \"data\": ";
    append_data(out, form ? "" : request.body);
    out += ",\n  \"form\": ";
    append_params(out, form ? request.body : "", pretty);
    out += ",\n  \"headers\": ";
    append_fields(out, request.head.headers, pretty);
    out += ",\n  \"json\": ";
    append_body_json(out, form ? "" : request.body);
    out += ",\n  \"method\": ";
    append_json(out, request.head.method);
    out += ",\n  \"origin\": ";
    append_json(out, request.peer);
    out += ",\n  \"url\": ";
    append_url(out, request);
    out += "\n}\n";
}

void append_headers_echo(std::string& out, const Incoming& request) {
    out += "{\n  \"headers\": ";
    append_fields(out, request.head.headers, pretty);
    out += "\n}\n";
}

std::string line_start(const Incoming& request) {
    std::string line = "{\"args\": ";
    append_params(line, cut_target(request.head.target).query, compact);
    line += ", \"headers\": ";
    append_fields(line, request.head.headers, compact);
    line += ", \"origin\": ";
    append_json(line, request.peer);
    line += ", \"url\": ";
    append_url(line, request);
    line += ", \"id\": ";
    return line;
}

}  // namespace ferry::tools
