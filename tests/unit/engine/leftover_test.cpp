// What is left of a response: how much of it is worth reading.
#include "core/engine/leftover.hpp"

#include "core/engine/out_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <string_view>

using namespace ferry;
using Verdict = Leftover::Verdict;

namespace {

/// Takes the events before the response is left.
struct Ignore final : StreamSink {
    void on_informational(RequestId, ResponseHead&&) override {}
    void on_head(RequestId, ResponseHead&&) override {}
    void on_data(RequestId, ConstBuffer) override {}
    void on_trailers(RequestId, Headers) override {}
    void on_end(RequestId) override {}
    void on_upgrade(RequestId, ConstBuffer) override {}
    void on_broken(RequestId, const Error&) override {}
};

/// A session that has sent a GET and received `bytes`.
std::unique_ptr<Session> begun(std::string_view bytes) {
    auto session = make_http1_session({});
    Request request;
    request.url = Url("http://h/");
    request.headers = {{"Host", "h"}};
    OutQueue out;
    REQUIRE(session->start({1, 1}, request, out));
    REQUIRE(session->write_content({1, 1}, request, out));
    Ignore ignore;
    session->receive(as_bytes(bytes), ignore);
    return session;
}

}  // namespace

TEST_CASE("a length that is known to be too much is not begun") {
    Leftover leftover;
    CHECK(leftover.begin(std::nullopt));
    CHECK(leftover.begin(0));
    CHECK(leftover.begin(Leftover::most_bytes));
    CHECK_FALSE(leftover.begin(Leftover::most_bytes + 1));
}

TEST_CASE("the end of the response is the end") {
    const auto session = begun("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01");
    Leftover leftover;
    REQUIRE(leftover.begin(session->body_remaining()));
    CHECK(session->body_remaining() == 8);
    CHECK(leftover.take(*session, as_bytes("2345678")) == Verdict::more);
    CHECK(leftover.take(*session, as_bytes("9")) == Verdict::over);
    CHECK(session->next());
}

TEST_CASE("chunks are counted with their framing") {
    const auto session = begun("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    Leftover leftover;
    REQUIRE(leftover.begin(session->body_remaining()));
    const std::string chunk = "1\r\nx\r\n";
    for (std::size_t bytes = chunk.size(); bytes <= Leftover::most_bytes; bytes += chunk.size()) {
        REQUIRE(leftover.take(*session, as_bytes(chunk)) == Verdict::more);
    }
    CHECK(leftover.take(*session, as_bytes(chunk)) == Verdict::too_much);
}

TEST_CASE("garbage is not worth it, and bytes behind the end are no next response") {
    const auto broken = begun("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    Leftover leftover;
    REQUIRE(leftover.begin(broken->body_remaining()));
    CHECK(leftover.take(*broken, as_bytes("nonsense\r\n")) == Verdict::too_much);

    const auto longer = begun("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n0");
    REQUIRE(leftover.begin(longer->body_remaining()));
    CHECK(leftover.take(*longer, as_bytes("1HTTP/1.1 200 OK")) == Verdict::over);
    CHECK_FALSE(longer->next());
}
