// Query parameters, and putting them into a URL.
#include <ferry/exceptions.hpp>
#include <ferry/url.hpp>

#include "core/message/percent.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ferry {

namespace {

// As Python writes a float, since that is what servers get from httpx: the shortest text that reads back as the same
// number, always with a point or an exponent.
std::string decimal(double number) {
    if (std::isnan(number)) {
        return "nan";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-inf" : "inf";
    }
    const double size = std::abs(number);
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string out(text.data(), end.ptr);
    if (plain && out.find('.') == std::string::npos) {
        out += ".0";
    }
    return out;
}

// Calls `use(piece)` for what stands between the ampersands of a query.
template <class Use>
void each_piece(std::string_view query, Use use) {
    while (true) {
        const std::size_t end = std::min(query.find('&'), query.size());
        use(query.substr(0, end));
        if (end == query.size()) {
            return;
        }
        query.remove_prefix(end + 1);
    }
}

}  // namespace

Param::Param(std::string_view param_name, double number) : name(param_name), value(decimal(number)) {}

std::optional<std::string_view> Params::get(std::string_view name) const noexcept {
    const auto found = std::find_if(list_.begin(), list_.end(), [name](const Param& p) { return p.name == name; });
    if (found == list_.end()) {
        return std::nullopt;
    }
    return found->value;
}

std::string Params::encoded() const {
    std::string out;
    for (const Param& param : list_) {
        if (!out.empty()) {
            out += '&';
        }
        detail::append_form_encoded(out, param.name);
        out += '=';
        detail::append_form_encoded(out, param.value);
    }
    return out;
}

Params Params::parse(std::string_view query) {
    Params params;
    each_piece(query, [&params](std::string_view piece) {
        if (piece.empty()) {
            return;
        }
        const std::size_t equals = std::min(piece.find('='), piece.size());
        Param param;
        param.name = detail::form_decoded(piece.substr(0, equals));
        param.value = detail::form_decoded(piece.substr(std::min(equals + 1, piece.size())));
        params.add(std::move(param));
    });
    return params;
}

Result<Url> Url::try_merge_params(const Params& params) const {
    if (params.empty()) {
        return *this;
    }
    std::vector<std::string_view> replaced;
    for (const Param& param : params) {
        replaced.emplace_back(param.name);
    }
    std::sort(replaced.begin(), replaced.end());

    std::string merged;
    each_piece(query(), [&](std::string_view piece) {
        const std::string name = detail::form_decoded(piece.substr(0, piece.find('=')));
        if (piece.empty() || !std::binary_search(replaced.begin(), replaced.end(), name)) {
            merged += piece;
            merged += '&';
        }
    });
    if (query().empty()) {
        merged.clear();
    }
    merged += params.encoded();
    return with_query(merged);
}

Url Url::merge_params(const Params& params) const {
    Result<Url> merged = try_merge_params(params);
    if (!merged) {
        raise(std::move(merged).error(), {}, text_);
    }
    return *std::move(merged);
}

}  // namespace ferry
