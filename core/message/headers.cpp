// The storage of Headers: text from the front of one block, the index of its lines from the back.
#include <ferry/headers.hpp>

#include "core/message/ascii.hpp"
#include "core/message/fail.hpp"
#include "core/message/list.hpp"
#include "core/message/mask.hpp"
#include "core/message/quote.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace ferry {

namespace {

// The engine keeps a response's fields in the memory of an earlier request's: so it is made large enough for most.
constexpr std::size_t smallest_block = 512;
constexpr std::size_t largest_capacity = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t longest_name = std::numeric_limits<std::uint16_t>::max();

// ": " and CRLF.
constexpr std::size_t line_overhead = 4;

// In Known::firsts: the first line is this one or a later one, and has to be looked for.
constexpr std::uint16_t far_away = std::numeric_limits<std::uint16_t>::max();

constexpr std::uint8_t many = std::numeric_limits<std::uint8_t>::max();

constexpr std::size_t slot(KnownField field) noexcept { return static_cast<std::size_t>(field); }

void check_name(std::string_view name) {
    if (name.size() > longest_name) {
        detail::fail(std::length_error("a header field name is longer than 65535 bytes"));
    }
}

char* write(char* to, std::string_view text) noexcept { return std::copy(text.begin(), text.end(), to); }

void write_line(char* to, std::string_view name, std::string_view value) noexcept {
    to = write(to, name);
    to = write(to, ": ");
    to = write(to, value);
    write(to, "\r\n");
}

bool is_secret(std::string_view name) noexcept {
    return same_name(name, "authorization") || same_name(name, "proxy-authorization") || same_name(name, "cookie") ||
           same_name(name, "set-cookie");
}

bool is_url(std::string_view name) noexcept {
    return same_name(name, "location") || same_name(name, "content-location") || same_name(name, "referer");
}

}  // namespace

Headers::Headers(std::initializer_list<Field> fields) {
    std::size_t bytes = 0;
    for (const Field& field : fields) {
        bytes += field.name.size() + field.value.size();
    }
    reserve(fields.size(), bytes);
    for (const Field& field : fields) {
        add(field.name, field.value);
    }
}

Headers::Headers(const Headers& other) {
    if (other.count_ == 0) {
        return;
    }
    const std::size_t index = other.count_ * sizeof(Entry);
    const std::size_t capacity = capacity_for(other.text_ + index);
    block_ = allocate(capacity);
    capacity_ = static_cast<std::uint32_t>(capacity);
    text_ = other.text_;
    count_ = other.count_;
    judged_ = other.judged_;
    known() = other.known();
    std::memcpy(block_, other.block_, text_);
    std::memcpy(block_ + capacity_ - index, other.block_ + other.capacity_ - index, index);
}

Headers::Headers(Headers&& other) noexcept { take(other); }

Headers& Headers::operator=(const Headers& other) {
    if (this != &other) {
        *this = Headers(other);
    }
    return *this;
}

Headers& Headers::operator=(Headers&& other) noexcept {
    if (this != &other) {
        char* const block = block_;
        const std::uint32_t capacity = capacity_;
        take(other);
        other.block_ = block;  // Its memory may serve again.
        other.capacity_ = capacity;
        other.clear();
    }
    return *this;
}

Headers::~Headers() { free_block(); }

// The capacity of a block for so many bytes of text and index.
std::size_t Headers::capacity_for(std::size_t bytes) noexcept {
    return ((bytes + sizeof(Known) + 15U) & ~std::size_t{15U}) - sizeof(Known);
}

char* Headers::allocate(std::size_t capacity) {
    static_assert(sizeof(Known) % alignof(Entry) == 0 && alignof(Known) <= alignof(Entry));
    if (capacity > largest_capacity) {
        detail::fail(std::length_error("a header list is larger than 4 GiB"));
    }
    void* const block = std::malloc(sizeof(Known) + capacity);
    if (block == nullptr) {
        detail::fail(std::bad_alloc());
    }
    ::new (block) Known;
    return static_cast<char*>(block) + sizeof(Known);
}

void Headers::free_block() noexcept {
    if (block_ != nullptr) {
        std::free(&known());
    }
}

Headers::Known& Headers::known() noexcept { return *(reinterpret_cast<Known*>(block_) - 1); }

// All that the other has; what this had is forgotten.
void Headers::take(Headers& other) noexcept {
    block_ = std::exchange(other.block_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    text_ = std::exchange(other.text_, 0);
    count_ = std::exchange(other.count_, 0);
    judged_ = std::exchange(other.judged_, 0);
}

const Headers::Entry* Headers::entry(std::size_t index) const noexcept {
    return reinterpret_cast<const Entry*>(block_ + capacity_ - (index + 1) * sizeof(Entry));
}

Headers::Entry* Headers::entry(std::size_t index) noexcept {
    return reinterpret_cast<Entry*>(block_ + capacity_ - (index + 1) * sizeof(Entry));
}

bool Headers::owns(std::string_view text) const noexcept {
    const std::less<const char*> before;
    return block_ != nullptr && !before(text.data(), block_) && before(text.data(), block_ + capacity_);
}

// Room for `text` bytes and `entries` lines more. Views into the old block are dead afterwards.
void Headers::grow(std::size_t text, std::size_t entries) {
    const std::size_t index = count_ * sizeof(Entry);
    if (text > largest_capacity || entries > largest_capacity / sizeof(Entry)) {
        detail::fail(std::length_error("a header list is larger than 4 GiB"));
    }
    const std::size_t needed = text_ + text + index + entries * sizeof(Entry);
    if (needed <= capacity_) {
        return;
    }
    const std::size_t doubled = std::min(std::size_t{capacity_} * 2, largest_capacity - smallest_block);
    const std::size_t capacity = capacity_for(std::max({needed, doubled, smallest_block - sizeof(Known)}));
    char* const block = allocate(capacity);
    if (count_ > 0) {
        std::memcpy(block, block_, text_);
        std::memcpy(block + capacity - index, block_ + capacity_ - index, index);
        std::memcpy(block - sizeof(Known), &known(), sizeof(Known));
    }
    free_block();
    block_ = block;
    capacity_ = static_cast<std::uint32_t>(capacity);
}

// One more line of `field` stands at `index`.
void Headers::note(KnownField field, std::size_t index) noexcept {
    std::uint8_t& count = known().counts[slot(field)];
    if (count == 0) {
        known().firsts[slot(field)] = static_cast<std::uint16_t>(std::min<std::size_t>(index, far_away));
    }
    if (count != many) {
        ++count;
    }
}

void Headers::reindex() noexcept {
    known() = {};
    for (std::size_t i = 0; i < count_; ++i) {
        note(entry(i)->known, i);
    }
}

// Closes the gaps that the lines for which `drop(index)` is true leave; says how many there were.
template <class Drop>
std::size_t Headers::drop_lines(Drop drop) {
    std::size_t kept = 0;
    std::uint32_t judged = 0;
    std::uint32_t text = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        if (drop(i)) {
            continue;
        }
        Entry moved = *entry(i);
        const auto size = static_cast<std::uint32_t>(moved.name_size + moved.value_size + line_overhead);
        if (moved.offset != text) {
            std::memmove(block_ + text, block_ + moved.offset, size);
            moved.offset = text;
        }
        *entry(kept) = moved;
        ++kept;
        judged += i < judged_ ? 1U : 0U;
        text += size;
    }
    const std::size_t dropped = count_ - kept;
    if (dropped > 0) {
        judged_ = judged;
        count_ = static_cast<std::uint32_t>(kept);
        text_ = text;
        reindex();
    }
    return dropped;
}

Field Headers::operator[](std::size_t index) const noexcept {
    const Entry& line = *entry(index);
    const char* const begin = block_ + line.offset;
    return {{begin, line.name_size}, {begin + line.name_size + 2, line.value_size}};
}

std::size_t Headers::find(std::string_view name, std::size_t from) const noexcept {
    while (from < count_ && !same_name((*this)[from].name, name)) {
        ++from;
    }
    return from;
}

std::optional<std::string> Headers::get(std::string_view name) const {
    std::size_t at = find(name, 0);
    if (at == count_) {
        return std::nullopt;
    }
    std::string all((*this)[at].value);
    while ((at = find(name, at + 1)) < count_) {
        // RFC 9110 section 5.3: lines of one name are one list.
        all += ", ";
        all += (*this)[at].value;
    }
    return all;
}

std::string Headers::get(std::string_view name, std::string_view fallback) const {
    std::optional<std::string> value = get(name);
    return value ? *std::move(value) : std::string(fallback);
}

std::string Headers::operator[](std::string_view name) const {
    std::optional<std::string> value = get(name);
    if (!value) {
        detail::fail(std::out_of_range("there is no header field " + detail::quoted(name)));
    }
    return *std::move(value);
}

std::vector<std::string> Headers::get_list(std::string_view name, bool split_commas) const {
    std::vector<std::string> list;
    for (std::size_t at = find(name, 0); at < count_; at = find(name, at + 1)) {
        const std::string_view value = (*this)[at].value;
        if (!split_commas) {
            list.emplace_back(value);
            continue;
        }
        detail::Pieces members(value, ',');
        for (std::string_view member; members.next(member);) {
            // RFC 9110 section 5.6.1.2: empty members are to be ignored.
            if (!member.empty()) {
                list.emplace_back(member);
            }
        }
    }
    return list;
}

std::optional<std::string_view> Headers::first(std::string_view name) const noexcept {
    const std::size_t at = find(name, 0);
    if (at == count_) {
        return std::nullopt;
    }
    return (*this)[at].value;
}

bool Headers::contains(std::string_view name) const noexcept { return find(name, 0) < count_; }

std::optional<std::string_view> Headers::first(KnownField field) const noexcept {
    if (count(field) == 0) {
        return std::nullopt;
    }
    std::size_t at = known().firsts[slot(field)];
    while (entry(at)->known != field) {
        ++at;
    }
    return (*this)[at].value;
}

KnownField Headers::known(std::size_t index) const noexcept { return entry(index)->known; }

void Headers::add(std::string_view name, std::string_view value) {
    check_name(name);
    const std::size_t size = name.size() + value.size() + line_overhead;
    if (capacity_ - text_ - count_ * sizeof(Entry) < size + sizeof(Entry)) {
        if (owns(name) || owns(value)) {
            return add(std::string(name), std::string(value));
        }
        grow(size, 1);
    }
    write_line(block_ + text_, name, value);
    const KnownField field = known_field(name);
    *entry(count_) = {text_, static_cast<std::uint32_t>(value.size()), static_cast<std::uint16_t>(name.size()), field};
    note(field, count_);
    text_ += static_cast<std::uint32_t>(size);
    ++count_;
}

void Headers::add_front(std::string_view name, std::string_view value) {
    if (empty()) {
        return add(name, value);
    }
    check_name(name);
    if (owns(name) || owns(value)) {
        return add_front(std::string(name), std::string(value));
    }
    const std::size_t size = name.size() + value.size() + line_overhead;
    grow(size, 1);
    std::memmove(block_ + size, block_, text_);
    write_line(block_, name, value);
    for (std::size_t i = count_; i > 0; --i) {
        Entry line = *entry(i - 1);
        line.offset += static_cast<std::uint32_t>(size);
        *entry(i) = line;
    }
    *entry(0) = {0, static_cast<std::uint32_t>(value.size()), static_cast<std::uint16_t>(name.size()),
                 known_field(name)};
    text_ += static_cast<std::uint32_t>(size);
    ++count_;
    judged_ = 0;
    reindex();
}

void Headers::add_wire(std::string_view text, std::span<const Line> lines) {
    grow(text.size(), lines.size());
    write(block_ + text_, text);
    // In locals, which no store through a pointer can change.
    const char* name = text.data();
    std::uint32_t offset = text_;
    std::size_t index = count_;
    Entry* to = entry(index);
    for (const Line& line : lines) {
        check_name({name, line.name_size});
        const KnownField field = known_field({name, line.name_size});
        *to-- = {offset, line.value_size, static_cast<std::uint16_t>(line.name_size), field};
        if (field != KnownField::other) {
            note(field, index);
        }
        const auto size = static_cast<std::uint32_t>(line.name_size + line.value_size + line_overhead);
        offset += size;
        name += size;
        ++index;
    }
    text_ = offset;
    count_ = static_cast<std::uint32_t>(index);
}

void Headers::set(std::string_view name, std::string_view value) {
    const std::size_t at = find(name, 0);
    if (at == count_) {
        return add(name, value);
    }
    if (owns(name) || owns(value)) {
        return set(std::string(name), std::string(value));
    }
    const std::size_t old_size = entry(at)->name_size + entry(at)->value_size + line_overhead;
    const std::size_t size = name.size() + value.size() + line_overhead;
    if (size > old_size) {
        grow(size - old_size, 0);
    }
    if (find(name, at + 1) < count_) {
        drop_lines([&](std::size_t i) { return i > at && same_name((*this)[i].name, name); });
    }
    judged_ = std::min(judged_, static_cast<std::uint32_t>(at));
    const std::size_t begin = entry(at)->offset;
    std::memmove(block_ + begin + size, block_ + begin + old_size, text_ - begin - old_size);
    write_line(block_ + begin, name, value);
    entry(at)->value_size = static_cast<std::uint32_t>(value.size());
    // Modulo 2^32, so that it may also be negative.
    const auto shift = static_cast<std::uint32_t>(size - old_size);
    for (std::size_t i = at + 1; i < count_; ++i) {
        entry(i)->offset += shift;
    }
    text_ += shift;
}

std::size_t Headers::erase(std::string_view name) {
    if (owns(name)) {
        return erase(std::string(name));
    }
    return drop_lines([&](std::size_t i) { return same_name((*this)[i].name, name); });
}

void Headers::merge(const Headers& other) {
    if (this == &other || other.empty()) {
        return;
    }
    grow(other.text_, other.count_);  // Or nothing is changed.
    drop_lines([&](std::size_t i) { return other.contains((*this)[i].name); });
    append(other);
}

void Headers::append(const Headers& other) {
    if (other.empty()) {
        return;
    }
    if (this == &other) {
        return append(Headers(other));
    }
    grow(other.text_, other.count_);
    write(block_ + text_, other.wire());
    // In locals, which no store through a pointer can change.
    const std::uint32_t shift = text_;
    const std::size_t first = count_;
    const std::size_t lines = other.count_;
    const Entry* from = other.entry(0);
    Entry* to = entry(first);
    for (std::size_t i = 0; i < lines; ++i) {
        Entry line = *from--;
        line.offset += shift;
        *to-- = line;
        if (line.known != KnownField::other) {
            note(line.known, first + i);
        }
    }
    text_ += other.text_;
    judged_ += judged_ == count_ ? other.judged_ : 0;
    count_ += other.count_;
}

void Headers::clear() noexcept {
    text_ = 0;
    count_ = 0;
    judged_ = 0;
    if (block_ != nullptr) {
        known() = {};
    }
}

void Headers::reserve(std::size_t fields, std::size_t bytes) {
    if (fields > largest_capacity / line_overhead || bytes > largest_capacity) {
        detail::fail(std::length_error("a header list is larger than 4 GiB"));
    }
    grow(bytes + fields * line_overhead, fields);
}

std::string_view Headers::wire() const noexcept { return {block_, text_}; }

std::string Headers::dump() const {
    std::string out;
    for (const Field field : *this) {
        detail::append_escaped(out, field.name);
        out += ": ";
        if (is_secret(field.name)) {
            out += detail::secure;
        } else if (is_url(field.name)) {
            detail::append_escaped(out, detail::mask_reference(field.value));
        } else {
            detail::append_escaped(out, field.value);
        }
        out += '\n';
    }
    return out;
}

bool operator==(const Headers& a, const Headers& b) {
    if (a.count_ != b.count_) {
        return false;
    }
    if (a.wire() == b.wire()) {
        return true;
    }
    // The order of lines counts only among those of one name.
    const auto by_name = [](const Headers& list) {
        std::vector<std::size_t> order(list.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto before = [](char c, char d) { return detail::lower(c) < detail::lower(d); };
        std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
            const std::string_view x = list[left].name;
            const std::string_view y = list[right].name;
            if (same_name(x, y)) {
                return left < right;
            }
            return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end(), before);
        });
        return order;
    };
    const std::vector<std::size_t> left = by_name(a);
    const std::vector<std::size_t> right = by_name(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const Field x = a[left[i]];
        const Field y = b[right[i]];
        if (x.value != y.value || !same_name(x.name, y.name)) {
            return false;
        }
    }
    return true;
}

}  // namespace ferry
