// Header fields: an ordered list that keeps the case it was given, in one block of memory.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

/// A name and a value, to build lists of. It owns nothing: it lives as long as the expression that it stands in.
struct Field {
    std::string_view name{};
    std::string_view value{};

    friend bool operator==(const Field&, const Field&) noexcept = default;
};

/// The fields that decide framing and connections; a Headers finds the first line of each in O(1).
enum class KnownField : std::uint8_t {
    other = 0,
    connection,
    content_length,
    content_type,
    content_encoding,
    expect,
    host,
    keep_alive,
    location,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    count_
};

/// The KnownField of a name in any case, or `other`.
[[nodiscard]] KnownField known_field(std::string_view name) noexcept;

/// RFC 9110 section 5.1: names compare without case (ASCII only).
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

/// A list of header fields: ordered, repeated names allowed, names compared without case and kept as given.
///
/// Text and index share one allocation, and the text is in wire form ("Name: value\r\n"), so a head is written by one
/// copy. Views and iterators are valid until the list is changed, moved from or destroyed.
/// The list itself does not judge what is put in; `valid_field` does, and so does everything that sends.
class Headers {
public:
    class const_iterator;

    Headers() noexcept = default;
    /// `{{"accept", "*/*"}, {"x-tag", "a"}}`: each pair is appended.
    Headers(std::initializer_list<Field> fields);
    Headers(const Headers& other);
    Headers(Headers&& other) noexcept;
    Headers& operator=(const Headers& other);
    Headers& operator=(Headers&& other) noexcept;
    ~Headers();

    /// The number of field lines.
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// The field line at `index`, which must be below size(), in order of insertion.
    [[nodiscard]] Field operator[](std::size_t index) const noexcept;
    [[nodiscard]] const_iterator begin() const noexcept;
    [[nodiscard]] const_iterator end() const noexcept;

    /// All values of `name`, joined by ", " (RFC 9110 section 5.3), or nothing if the name does not occur.
    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
    /// The same with a default, as httpx's `headers.get(name, default)`.
    [[nodiscard]] std::string get(std::string_view name, std::string_view fallback) const;
    /// All values of `name`, joined by ", "; throws `std::out_of_range` that names the field if there is none.
    [[nodiscard]] std::string operator[](std::string_view name) const;
    /// Each value of `name` on its own; with `split_commas`, each member of the list, trimmed, empty ones left out
    /// (commas inside quoted strings do not split).
    [[nodiscard]] std::vector<std::string> get_list(std::string_view name, bool split_commas = false) const;
    /// The value of the first line of that name, without a copy.
    [[nodiscard]] std::optional<std::string_view> first(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept;

    /// How many lines a known field has, in O(1); counts above 255 are told as 255.
    [[nodiscard]] std::size_t count(KnownField field) const noexcept {
        return block_ == nullptr ? 0 : known().counts[static_cast<std::size_t>(field)];
    }
    /// The first line's value of a known field, in O(1); nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> first(KnownField field) const noexcept;
    /// The KnownField of line `index`.
    [[nodiscard]] KnownField known(std::size_t index) const noexcept;

    /// Appends a line, whatever there is already. Names over 65,535 bytes throw `std::length_error`.
    void add(std::string_view name, std::string_view value);
    /// The same in front of all lines, where Host should stand (RFC 9110 section 7.2).
    void add_front(std::string_view name, std::string_view value);
    /// The sizes of one line's name and value.
    struct Line {
        std::uint32_t name_size = 0;
        std::uint32_t value_size = 0;
    };
    /// Appends lines that have the wire form already, byte for byte, `lines` saying how `text` is divided: each line has
    /// its sizes and four bytes more. For parsers, which find heads in that form nearly always: one copy for all lines.
    void add_wire(std::string_view text, std::span<const Line> lines);
    /// One line of that name with this value: the first is replaced in its place, the others go; else it is appended.
    /// Here and elsewhere the text may be a view into this very list.
    void set(std::string_view name, std::string_view value);
    /// Removes all lines of that name; says how many there were.
    std::size_t erase(std::string_view name);
    /// For each name in `other`: its lines here go, and all of `other`'s are appended (httpx's merge of a request's
    /// headers over the client's).
    void merge(const Headers& other);
    /// Appends all lines of `other`, whatever there is already.
    void append(const Headers& other);
    /// Removes everything and keeps the memory.
    void clear() noexcept;
    /// Room for `fields` more lines whose names and values have `bytes` bytes together.
    void reserve(std::size_t fields, std::size_t bytes);

    /// The whole list as it goes over the wire, each line with its CRLF, without the empty line at the end.
    [[nodiscard]] std::string_view wire() const noexcept;
    /// Bytes of the block that holds the list.
    [[nodiscard]] std::size_t memory() const noexcept { return block_ == nullptr ? 0 : capacity_ + sizeof(Known); }

    /// For logs: one "Name: value" a line, the values of authorization, proxy-authorization, cookie and set-cookie
    /// masked as "[secure]".
    [[nodiscard]] std::string dump() const;

    /// Equal when each name has the same values in the same order, as httpx compares.
    friend bool operator==(const Headers& a, const Headers& b);

private:
    friend struct JudgedFields;  // core/message/judged_fields.hpp

    struct Entry {
        std::uint32_t offset = 0;
        std::uint32_t value_size = 0;
        std::uint16_t name_size = 0;
        KnownField known = KnownField::other;
    };
    /// Of each known field, how many lines there are, and which is the first.
    struct Known {
        std::uint8_t counts[static_cast<std::size_t>(KnownField::count_)] = {};
        std::uint16_t firsts[static_cast<std::size_t>(KnownField::count_)] = {};
    };

    static char* allocate(std::size_t capacity);
    [[nodiscard]] static std::size_t capacity_for(std::size_t bytes) noexcept;
    void free_block() noexcept;
    [[nodiscard]] const Known& known() const noexcept { return *(reinterpret_cast<const Known*>(block_) - 1); }
    [[nodiscard]] Known& known() noexcept;
    void take(Headers& other) noexcept;
    [[nodiscard]] const Entry* entry(std::size_t index) const noexcept;
    [[nodiscard]] Entry* entry(std::size_t index) noexcept;
    [[nodiscard]] bool owns(std::string_view text) const noexcept;
    [[nodiscard]] std::size_t find(std::string_view name, std::size_t from) const noexcept;
    void grow(std::size_t text, std::size_t entries);
    void note(KnownField field, std::size_t index) noexcept;
    void reindex() noexcept;
    template <class Drop>
    std::size_t drop_lines(Drop drop);

    // [ Known ][ text → … free … ← entries ]: the text begins at `block_`, and entry i lies at
    // block_ + capacity_ − (i + 1) · sizeof(Entry). So the list itself is small, and quickly moved.
    char* block_ = nullptr;
    std::uint32_t capacity_ = 0;
    std::uint32_t text_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t judged_ = 0;  // The first so many lines were found to have no fault.
};

/// Walks a Headers in order; dereferences to a Field by value.
class Headers::const_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using reference = Field;
    using pointer = void;

    const_iterator() noexcept = default;
    const_iterator(const Headers* list, std::size_t index) noexcept : list_(list), index_(index) {}
    [[nodiscard]] Field operator*() const noexcept { return (*list_)[index_]; }
    const_iterator& operator++() noexcept {
        ++index_;
        return *this;
    }
    const_iterator operator++(int) noexcept {
        auto before = *this;
        ++index_;
        return before;
    }
    friend bool operator==(const const_iterator& a, const const_iterator& b) noexcept { return a.index_ == b.index_; }

private:
    const Headers* list_ = nullptr;
    std::size_t index_ = 0;
};

inline Headers::const_iterator Headers::begin() const noexcept { return {this, 0}; }
inline Headers::const_iterator Headers::end() const noexcept { return {this, count_}; }

/// RFC 9110 section 5.6.2: a non-empty run of tchar.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// RFC 9110 section 5.5: no CR, LF, NUL or other control byte but HTAB, and no white space at the ends.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

/// What is wrong with a field that is to be sent, as a sentence that names it; empty if nothing is.
[[nodiscard]] std::string field_fault(std::string_view name, std::string_view value);

/// True if the comma-separated list in all lines of `name` has `token`, compared without case (RFC 9110 section 5.6.1). A
/// comma in a quoted string does not end a member, but in Connection, whose members are tokens (RFC 9110 section 7.6.1).
[[nodiscard]] bool has_token(const Headers& headers, std::string_view name, std::string_view token) noexcept;

}  // namespace ferry
