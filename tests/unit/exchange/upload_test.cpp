// Bodies that are made while they are sent: pieces from a source, as the engine takes them.
#include "core/exchange/upload.hpp"

#include <ferry/engine.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ferry::detail {

namespace {

/// What a source has been asked for.
struct Asked {
    std::size_t pieces = 0;
    std::size_t rewinds = 0;
    std::size_t trailers = 0;
};

std::shared_ptr<BodySource> source(std::vector<std::string> pieces, Asked& asked) {
    auto made = std::make_shared<BodySource>();
    auto at = std::make_shared<std::size_t>(0);
    made->next = [pieces = std::move(pieces), at, &asked]() -> std::optional<Buffer> {
        ++asked.pieces;
        return *at < pieces.size() ? std::optional(Buffer(pieces[(*at)++])) : std::nullopt;
    };
    made->rewind = [at, &asked] {
        ++asked.rewinds;
        *at = 0;
    };
    return made;
}

/// An engine with one upload, and the connection that it is written to.
class Wire {
public:
    Wire() {
        Request request;
        request.method = "PUT";
        request.url = Url("http://10.0.0.1/");
        request.body = Request::Body::streamed;
        id = engine.submit(now, std::move(request));
    }

    void open() {
        for (const Op& op : engine.take_ops()) {
            if (const auto* connect = std::get_if<op::Connect>(&op)) {
                conn_ = connect->id;
            }
        }
        engine.on_connected(now, conn_);
        static_cast<void>(engine.take_ops());
        write();
        sent.erase(0, sent.find("\r\n\r\n") + 4);
    }

    /// The transport writes all that there is.
    void write() {
        std::array<ConstBuffer, 16> pieces;
        for (;;) {
            const std::size_t count = engine.gather(conn_, pieces);
            if (count == 0) {
                return;
            }
            std::size_t size = 0;
            for (const ConstBuffer& piece : std::span(pieces).first(count)) {
                sent += as_text(piece);
                size += piece.size();
            }
            engine.on_sent(now, conn_, size);
        }
    }

    Engine engine;
    Time now{std::chrono::hours(1)};
    RequestId id{};
    std::string sent;  ///< Of the body, framing included.

private:
    ConnId conn_{};
};

}  // namespace

TEST_CASE("without a source there is nothing to send") {
    CHECK_FALSE(Upload().is_set());
    CHECK_FALSE(Upload(nullptr).is_set());
    Asked asked;
    CHECK(Upload(source({}, asked)).is_set());
    CHECK(asked.pieces == 0);
}

TEST_CASE("pieces go out as chunks, empty ones are skipped, and trailers come last") {
    Asked asked;
    auto body = source({"one", "", "two"}, asked);
    body->trailers = [&asked] {
        ++asked.trailers;
        return Headers{{"X-Sum", "6"}};
    };
    Upload upload(body);
    Wire wire;
    wire.open();
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    wire.write();
    CHECK(wire.sent == "3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n");
    CHECK(asked.pieces == 4);
    CHECK(asked.trailers == 1);

    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));  // It is over.
    CHECK(asked.pieces == 4);
}

TEST_CASE("a source is not asked before there is credit") {
    Asked asked;
    Upload upload(source({"body"}, asked));
    Wire wire;
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    CHECK(asked.pieces == 0);
    wire.open();
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    CHECK(asked.pieces == 2);
}

TEST_CASE("no more is asked for than there is credit for") {
    Asked asked;
    Upload upload(source(std::vector<std::string>(10, std::string(100'000, 'x')), asked));
    Wire wire;
    wire.open();
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    CHECK(asked.pieces == 3);  // 256 KiB are used up.
    wire.write();
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    CHECK(asked.pieces == 6);
}

TEST_CASE("a piece that was fetched waits for its credit, and is not lost") {
    Asked asked;
    Upload upload(source({"body"}, asked));
    Wire wire;
    REQUIRE(upload.fetch());
    REQUIRE(upload.fetch());  // There is one.
    CHECK(asked.pieces == 1);
    CHECK_FALSE(upload.give(wire.engine, wire.now, wire.id));
    wire.open();
    CHECK(upload.give(wire.engine, wire.now, wire.id));
    REQUIRE(upload.fetch());
    CHECK_FALSE(upload.give(wire.engine, wire.now, wire.id));  // That was the end.
    wire.write();
    CHECK(wire.sent == "4\r\nbody\r\n0\r\n\r\n");
}

TEST_CASE("a source that throws is an error with its text") {
    const auto failing = std::make_shared<BodySource>();
    failing->next = []() -> std::optional<Buffer> { throw std::runtime_error("the disk is gone"); };
    Upload upload(failing);
    Wire wire;
    wire.open();
    const auto fed = upload.feed(wire.engine, wire.now, wire.id);
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == Errc::invalid_body);
    CHECK(fed.error().message == "the source of the body failed: the disk is gone");

    failing->next = []() -> std::optional<Buffer> { throw 7; };
    CHECK(upload.feed(wire.engine, wire.now, wire.id).error().message == "the source of the body failed");
    failing->next = [] { return std::optional<Buffer>(); };
    failing->trailers = []() -> Headers { throw std::runtime_error("no sum"); };
    CHECK(upload.feed(wire.engine, wire.now, wire.id).error().message == "the source of the body failed: no sum");
}

TEST_CASE("a body that is rewound begins again, with what was fetched and the trailers forgotten") {
    Asked asked;
    const auto body = source({"one", "two"}, asked);
    Upload upload(body);
    REQUIRE(upload.fetch());
    REQUIRE(upload.rewind());
    CHECK(asked.rewinds == 1);
    Wire wire;
    wire.open();
    REQUIRE(upload.feed(wire.engine, wire.now, wire.id));
    REQUIRE(upload.rewind());
    Wire other;
    other.open();
    REQUIRE(upload.feed(other.engine, other.now, other.id));
    wire.write();
    other.write();
    CHECK(wire.sent == "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    CHECK(other.sent == wire.sent);

    body->rewind = [] { throw std::runtime_error("not a file"); };
    CHECK(upload.rewind().error().message == "the source of the body failed: not a file");
}

}  // namespace ferry::detail
