// Cancellation slots, and what cancels everything.
#include <ferry/asio.hpp>
#include <ferry/failed_request.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using ferry::test::run_until;
using ferry::test::TestOrigin;

namespace {

/// What a request ended with, and how often it ended.
struct Ending {
    std::optional<ferry::Errc> code{};
    std::string url{};
    int count = 0;

    auto handler() {
        return [this](const ferry::Result<ferry::Response>& result) {
            ++count;
            if (!result) {
                code = result.error().code;
                url = result.error().request->url;
            }
        };
    }
};

}  // namespace

TEST_CASE("a cancellation signal ends a request, whatever its type, and never from inside emit()") {
    const auto type =
        GENERATE(net::cancellation_type::terminal, net::cancellation_type::partial, net::cancellation_type::total);
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    net::cancellation_signal signal;
    Ending ending;
    client.try_get(origin.url("/silent"), net::bind_cancellation_slot(signal.slot(), ending.handler()));
    run_until(context, [&] { return origin.requests() == 1; });
    net::post(context, [&] {
        signal.emit(type);
        CHECK(ending.count == 0);
    });
    context.restart();
    context.run();
    CHECK(ending.count == 1);
    CHECK(ending.code == ferry::Errc::cancelled);
}

TEST_CASE("a cancellation of no type is none") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    net::cancellation_signal signal;
    Ending ending;
    client.try_get(origin.url("/delay/50"), net::bind_cancellation_slot(signal.slot(), ending.handler()));
    signal.emit(net::cancellation_type::none);
    run_until(context, [&] { return ending.count == 1; });
    CHECK(!ending.code);
}

TEST_CASE("a request may be cancelled before it has begun, and while it waits for a connection") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context, {.limits = {.max_connections = 1}});
    net::cancellation_signal first_signal;
    Ending first;
    client.try_get(origin.url("/silent"), net::bind_cancellation_slot(first_signal.slot(), first.handler()));
    first_signal.emit(net::cancellation_type::terminal);
    CHECK(first.count == 0);
    context.run();
    CHECK(first.code == ferry::Errc::cancelled);
    CHECK(first.url == origin.url("/silent"));

    Ending occupant;
    client.try_get(origin.url("/silent"), occupant.handler());
    net::cancellation_signal signal;
    Ending waiter;
    client.try_get(origin.url("/json"), net::bind_cancellation_slot(signal.slot(), waiter.handler()));
    run_until(context, [&] { return client.stats().waiting == 1 && origin.requests() == 1; });
    signal.emit(net::cancellation_type::total);
    run_until(context, [&] { return waiter.count == 1; });
    CHECK(waiter.code == ferry::Errc::cancelled);
    CHECK(occupant.count == 0);
}

TEST_CASE("a signal that comes after the end does nothing") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    net::cancellation_signal signal;
    Ending ending;
    client.try_get(origin.url("/json"), net::bind_cancellation_slot(signal.slot(), ending.handler()));
    run_until(context, [&] { return ending.count == 1; });
    signal.emit(net::cancellation_type::terminal);
    context.run_for(10ms);
    CHECK(ending.count == 1);
    CHECK(!ending.code);
}

TEST_CASE("close() ends requests as client_closed, and those to come") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    Ending under_way;
    Ending later;
    client.try_get(origin.url("/silent"), under_way.handler());
    run_until(context, [&] { return origin.requests() == 1; });
    client.close();
    CHECK(under_way.count == 0);
    client.try_get(origin.url("/json"), later.handler());
    context.restart();
    context.run();
    CHECK(under_way.code == ferry::Errc::client_closed);
    CHECK(later.code == ferry::Errc::client_closed);
    CHECK(under_way.count == 1);
    CHECK(later.count == 1);
    CHECK(client.stats().active + client.stats().idle == 0);
}
