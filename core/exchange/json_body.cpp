// The one place where a JsonBody is serialised.
#include <ferry/json.hpp>

#include "core/message/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>

namespace ferry {

namespace {

constexpr const char* too_deep = "is nested too deep";

bool well_formed(const std::string& text) { return is_utf8(as_bytes(text)); }

// RFC 6901.
void append_pointer(std::string& path, std::string_view key) {
    path += '/';
    for (const char c : key) {
        if (c == '~') {
            path += "~0";
        } else if (c == '/') {
            path += "~1";
        } else {
            path += c;
        }
    }
}

bool is_nested(const nlohmann::json& value) { return value.is_array() || value.is_object(); }

// What in `value` JSON cannot express, or null. `path` is then the place of it. `depth`: of the values around it.
const char* find_fault(const nlohmann::json& value, std::string& path, std::size_t depth) {
    if (depth == max_json_depth && is_nested(value)) {
        return too_deep;
    }
    switch (value.type()) {
        case nlohmann::json::value_t::number_float: {
            const auto number = value.get<double>();
            return std::isnan(number) ? "is NaN" : std::isinf(number) ? "is infinite" : nullptr;
        }
        case nlohmann::json::value_t::string:
            return well_formed(value.get_ref<const std::string&>()) ? nullptr : "is not valid UTF-8";
        case nlohmann::json::value_t::binary: return "is binary";
        case nlohmann::json::value_t::discarded: return "was discarded by a parser";
        case nlohmann::json::value_t::array: {
            const std::size_t here = path.size();
            std::size_t index = 0;
            for (const nlohmann::json& element : value) {
                append_pointer(path, std::to_string(index++));
                if (const char* fault = find_fault(element, path, depth + 1)) {
                    return fault;
                }
                path.resize(here);
            }
            return nullptr;
        }
        case nlohmann::json::value_t::object: {
            const std::size_t here = path.size();
            for (const auto& [key, member] : value.items()) {
                if (!well_formed(key)) {
                    return "has a key that is not valid UTF-8";
                }
                append_pointer(path, key);
                if (const char* fault = find_fault(member, path, depth + 1)) {
                    return fault;
                }
                path.resize(here);
            }
            return nullptr;
        }
        default: return nullptr;
    }
}

}  // namespace

void JsonBody::assign(const nlohmann::json& value) {
    set_ = true;
    std::string path;
    if (const char* fault = find_fault(value, path, 0)) {
        if (fault == too_deep) {
            fault_ = "json: the value is nested deeper than " + std::to_string(max_json_depth) + " levels";
            return;
        }
        fault_ = "json: the value ";
        if (!path.empty()) {
            fault_.append("at ").append(path).append(" ");
        }
        fault_.append(fault).append(", which JSON cannot express");
        return;
    }
    text_ = std::make_shared<const std::string>(value.dump());
}

}  // namespace ferry
