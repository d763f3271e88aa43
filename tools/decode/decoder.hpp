// A byte stream played into an http1::Machine, its events told as lines of JSON.
#pragma once

#include "tools/decode/sha256.hpp"

#include <ferry/http1.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::tools {

struct DecodeOptions {
    http1::Role role = http1::Role::client;
    std::vector<std::string> methods{"GET"};  ///< Client role: the requests outstanding, in order.
    bool repeat = false;                      ///< Client role: the last of them repeats for ever.
};

class Decoder {
public:
    explicit Decoder(DecodeOptions options);

    /// The lines that these bytes give.
    [[nodiscard]] std::string receive(ConstBuffer bytes);
    /// The lines that the end of the input gives, `closed` telling whether the connection ended too.
    [[nodiscard]] std::string finish(bool closed);
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    void request();
    void take(std::span<const http1::Event> events);
    void take(const http1::Event& event);
    void head(const RequestHead& head);
    void data();
    void end();
    void error(Errc code, std::string_view message, std::uint64_t offset);
    [[nodiscard]] bool answer();
    void line(const nlohmann::ordered_json& object);

    DecodeOptions options_;
    http1::Machine machine_;
    std::size_t asked_ = 0;  // Requests sent so far.
    std::uint64_t received_ = 0;
    bool open_ = true;        // The stream may have another message.
    bool complete_ = false;   // A message has ended among the events being told.
    bool upgrading_ = false;  // Server role: the request asks to leave HTTP.
    bool connecting_ = false;
    bool switched_ = false;
    bool failed_ = false;
    std::uint64_t leftover_ = 0;
    std::uint64_t body_size_ = 0;
    Sha256 body_hash_;
    std::string out_;
};

/// Bytes as JSON can hold them: UTF-8 as it is, anything else as Latin-1.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace ferry::tools
