// A program that uses the engine alone, and is its own network.
#include <ferry/engine.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace {

constexpr std::string_view response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

std::string fetch() {
    ferry::Engine engine{ferry::EngineConfig{}};
    ferry::Time now{std::chrono::seconds(1)};

    ferry::Request request;
    request.url = ferry::Url::parse("http://127.0.0.1/").value();
    const ferry::RequestId id = engine.submit(now, std::move(request));

    for (int turn = 0; turn < 10; ++turn) {
        for (ferry::Event& event : engine.take_events()) {
            if (std::holds_alternative<ferry::event::Done>(event)) {
                return engine.take_body(id).str();
            }
            if (std::holds_alternative<ferry::event::Failed>(event)) {
                return engine.take_error(id).message;
            }
        }
        for (const ferry::Op& op : engine.take_ops()) {
            if (const auto* connect = std::get_if<ferry::op::Connect>(&op)) {
                engine.on_connected(now, connect->id);
            } else if (const auto* send = std::get_if<ferry::op::Send>(&op)) {
                std::array<ferry::ConstBuffer, 4> pieces;
                std::size_t size = 0;
                for (std::size_t i = 0, n = engine.gather(send->id, pieces); i < n; ++i) {
                    size += pieces.at(i).size();
                }
                engine.on_sent(now, send->id, size);
                engine.on_received(now, send->id, ferry::as_bytes(response));
            }
        }
        now += std::chrono::milliseconds(1);
    }
    return "nothing came";
}

}  // namespace

int main() {
    const std::string body = fetch();
    std::cout << body << '\n';
    return body == "hello" ? 0 : 1;
}
