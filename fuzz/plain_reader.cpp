#include "fuzz/plain_reader.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace ferry::fuzz {

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;
using Verdict = Plain::Verdict;

struct Refused {
    std::string why;
};

struct NeedMore {};

std::string lowered(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string stripped(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return std::string(text);
}

bool token(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != std::string_view::npos) {
            return false;
        }
    }
    return !text.empty();
}

bool printable(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0x7f || (byte < 0x20 && byte != '\t')) {
            return false;
        }
    }
    return true;
}

class Stream {
public:
    explicit Stream(std::string_view bytes) : bytes_(bytes) {}

    // A line without its CRLF.
    std::string line() {
        const std::size_t feed = bytes_.find('\n', at_);
        if (feed == std::string_view::npos) {
            throw NeedMore{};
        }
        const std::string_view text = bytes_.substr(at_, feed - at_);
        if (text.empty() || text.find('\r') != text.size() - 1) {
            throw Refused{"a CR or LF that is not of a CRLF"};
        }
        at_ = feed + 1;
        return std::string(text.substr(0, text.size() - 1));
    }

    std::string take(std::uint64_t size) {
        std::string taken;
        take(size, taken);
        return taken;
    }
    // What is there goes behind `taken`, also if it is not all.
    void take(std::uint64_t size, std::string& taken) {
        const std::string_view text =
            bytes_.substr(at_, static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_.size() - at_)));
        taken += text;
        at_ += text.size();
        if (text.size() < size) {
            throw NeedMore{};
        }
    }

    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] std::string_view rest() const { return bytes_.substr(at_); }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

Fields read_fields(Stream& stream) {
    Fields fields;
    for (std::string line = stream.line(); !line.empty(); line = stream.line()) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || !token(std::string_view(line).substr(0, colon))) {
            throw Refused{"a field line without a token before a colon"};
        }
        const std::string value = stripped(std::string_view(line).substr(colon + 1));
        if (!printable(value)) {
            throw Refused{"a control byte in a field value"};
        }
        fields.emplace_back(line.substr(0, colon), value);
    }
    return fields;
}

std::vector<std::string> values(const Fields& fields, std::string_view name) {
    std::vector<std::string> all;
    for (const auto& [key, value] : fields) {
        if (lowered(key) == name) {
            all.push_back(value);
        }
    }
    return all;
}

// The members of a list, quoted strings respected; empty ones left out.
std::vector<std::string> members(const std::vector<std::string>& lines) {
    std::vector<std::string> all;
    for (const std::string& line : lines) {
        std::string member;
        bool quoted = false;
        for (std::size_t i = 0; i <= line.size(); ++i) {
            if (i == line.size() || (line[i] == ',' && !quoted)) {
                if (quoted) {
                    throw Refused{"a quoted string without an end"};
                }
                if (!stripped(member).empty()) {
                    all.push_back(stripped(member));
                }
                member.clear();
                continue;
            }
            if (line[i] == '"') {
                quoted = !quoted;
            }
            member += line[i];
            if (quoted && line[i] == '\\' && i + 1 < line.size()) {
                member += line[++i];
            }
        }
    }
    return all;
}

// RFC 9112 section 9.3, of options that are tokens.
bool closes(const Fields& fields, bool old) {
    bool close = false;
    bool keep = false;
    for (const std::string& line : values(fields, "connection")) {
        for (std::size_t at = 0; at <= line.size();) {
            const std::size_t comma = std::min(line.find(',', at), line.size());
            const std::string option = lowered(stripped(std::string_view(line).substr(at, comma - at)));
            close = close || option == "close";
            keep = keep || option == "keep-alive";
            at = comma + 1;
        }
    }
    return close || (old && (!keep || !values(fields, "transfer-encoding").empty()));
}

struct Length {
    enum { none, known, chunked, close } kind = none;
    std::uint64_t bytes = 0;
};

Length body_length(const Fields& fields, bool response) {
    const auto codings = values(fields, "transfer-encoding");
    const auto lengths = values(fields, "content-length");
    if (!codings.empty() && !lengths.empty()) {
        throw Refused{"Transfer-Encoding and Content-Length"};
    }
    if (!codings.empty()) {
        const auto list = members(codings);
        std::size_t chunked = 0;
        for (const std::string& coding : list) {
            const std::string name = stripped(coding.substr(0, coding.find(';')));
            if (!token(name)) {
                throw Refused{"a coding that is no token"};
            }
            if (lowered(name) == "chunked") {
                ++chunked;
                if (coding.find(';') != std::string::npos) {
                    throw Refused{"chunked with parameters"};
                }
            }
        }
        const bool last = !list.empty() && lowered(list.back()) == "chunked";
        if (chunked > 1) {
            throw Refused{"chunked more than once"};
        }
        if (last) {
            return {Length::chunked, 0};
        }
        if (!response) {
            throw Refused{"a request whose coding does not end in chunked"};
        }
        return {Length::close, 0};
    }
    if (lengths.size() > 1) {
        throw Refused{"more than one Content-Length"};
    }
    if (lengths.size() == 1) {
        std::uint64_t value = 0;
        for (const char c : lengths[0]) {
            const auto digit = static_cast<std::uint64_t>(c - '0');
            if (c < '0' || c > '9' || value > ((UINT64_MAX >> 1) - digit) / 10) {
                throw Refused{"a Content-Length that is no number, or too large"};
            }
            value = value * 10 + digit;
        }
        if (lengths[0].empty()) {
            throw Refused{"an empty Content-Length"};
        }
        return {Length::known, value};
    }
    return {response ? Length::close : Length::none, 0};
}

void read_chunks(Stream& stream, Plain& plain) {
    while (true) {
        const std::string line = stream.line();
        const std::size_t digits = line.find_first_not_of("0123456789abcdefABCDEF");
        const std::string size = line.substr(0, digits);
        if (size.empty() || (digits != std::string::npos && line[digits] != ';')) {
            throw Refused{"a chunk without a size"};
        }
        std::uint64_t bytes = 0;
        for (const char c : size) {
            if (bytes >> 59 != 0) {
                throw Refused{"a chunk that is too large"};
            }
            bytes = bytes * 16 + static_cast<std::uint64_t>(std::stoi(std::string(1, c), nullptr, 16));
        }
        if (bytes == 0) {
            plain.trailers = read_fields(stream);
            return;
        }
        stream.take(bytes, plain.body);
        if (stream.take(1) != "\r" || stream.take(1) != "\n") {
            throw Refused{"a chunk that does not end where it should"};
        }
    }
}

void read_body(Stream& stream, const Length& length, Plain& plain) {
    plain.verdict = Verdict::message;
    switch (length.kind) {
        case Length::none: break;
        case Length::known: stream.take(length.bytes, plain.body); break;
        case Length::chunked: read_chunks(stream, plain); break;
        case Length::close:
            plain.body = std::string(stream.rest());
            plain.verdict = Verdict::to_the_end;
            break;
    }
    plain.end = stream.at();
}

bool version(std::string_view text) {
    return text.size() == 8 && text.substr(0, 7) == "HTTP/1." && text[7] >= '0' && text[7] <= '9';
}

template <class Read>
Plain reading(std::string_view bytes, Read read) {
    Plain plain;
    Stream stream(bytes);
    try {
        read(stream, plain);
    } catch (const NeedMore&) {
        plain.verdict = Verdict::incomplete;
    } catch (const Refused& refused) {
        plain.verdict = Verdict::refused;
        plain.why = refused.why;
    }
    return plain;
}

}  // namespace

Plain read_response(std::string_view bytes, std::string_view method) {
    return reading(bytes, [method](Stream& stream, Plain& plain) {
        const std::string line = stream.line();
        if (!version(line.substr(0, 8)) || line.size() < 12 || line[8] != ' ' ||
            (line.size() > 12 && line[12] != ' ') || !printable(line)) {
            throw Refused{"no status line"};
        }
        int status = 0;
        for (const char c : line.substr(9, 3)) {
            if (c < '0' || c > '9') {
                throw Refused{"a status that is no number"};
            }
            status = status * 10 + (c - '0');
        }
        if (status < 100) {
            throw Refused{"a status below 100"};
        }
        plain.fields = read_fields(stream);
        plain.end = stream.at();
        plain.head = true;
        plain.status = status;
        plain.reason = line.size() > 13 ? line.substr(13) : "";
        plain.version = line.substr(5, 3);
        plain.closes = closes(plain.fields, plain.version == "1.0");
        if (status >= 200 && status < 300 && method == "CONNECT") {
            plain.verdict = Verdict::switched;  // RFC 9110 section 9.3.6: whatever the two fields say.
            return;
        }
        const Length length = body_length(plain.fields, true);
        if (status == 101) {
            plain.verdict = Verdict::switched;
        } else if (status < 200 || status == 204 || status == 304 || method == "HEAD") {
            plain.verdict = Verdict::message;
        } else {
            read_body(stream, length, plain);
        }
    });
}

Plain read_request(std::string_view bytes) {
    return reading(bytes, [](Stream& stream, Plain& plain) {
        std::string line;
        while (line.empty()) {
            line = stream.line();
        }
        const std::size_t first = line.find(' ');
        const std::size_t second = line.find(' ', first == std::string::npos ? first : first + 1);
        if (second == std::string::npos || !token(line.substr(0, first)) || !version(line.substr(second + 1))) {
            throw Refused{"no request line"};
        }
        const std::string target = line.substr(first + 1, second - first - 1);
        if (target.empty()) {
            throw Refused{"no target"};
        }
        for (const char c : target) {
            if (c <= 0x20 || c >= 0x7f) {
                throw Refused{"a byte that is no part of a target"};
            }
        }
        const bool old = line.back() == '0';
        plain.fields = read_fields(stream);
        plain.head = true;
        plain.method = line.substr(0, first);
        plain.target = target;
        plain.version = line.substr(second + 6);
        plain.closes = closes(plain.fields, old);
        const std::size_t hosts = values(plain.fields, "host").size();
        if (hosts > 1 || (hosts == 0 && !old)) {
            throw Refused{"not one Host"};
        }
        if (old && !values(plain.fields, "transfer-encoding").empty()) {
            throw Refused{"Transfer-Encoding in HTTP/1.0"};
        }
        read_body(stream, body_length(plain.fields, false), plain);
    });
}

}  // namespace ferry::fuzz
