// A Peer that plays a Script.
#pragma once

#include <ferry/testing.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ferry::testing {

class ScriptPlayer final : public Peer {
public:
    /// Both functions may be empty.
    ScriptPlayer(Script script, std::function<void(std::string_view)> received, std::function<void()> finished);

    void on_open(Socket& socket) override;
    void on_received(Socket& socket, std::string_view bytes) override;
    void on_eof(Socket& socket) override;

private:
    void play(Socket& socket);
    [[nodiscard]] bool take_expected(Socket& socket, std::string_view expected);
    void give_up(Socket& socket, const std::string& why);

    Script script_;
    std::function<void(std::string_view)> received_;
    std::function<void()> finished_;
    std::size_t next_ = 0;
    std::string inbox_;
    bool eof_ = false;
    bool waiting_ = false;
    bool moved_ = false;  ///< Something was waited for since the last repeat().
};

}  // namespace ferry::testing
