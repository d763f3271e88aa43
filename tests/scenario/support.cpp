#include "tests/scenario/support.hpp"

#include <array>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <exception>
#include <iostream>
#include <utility>

namespace ferry::scenario {

namespace {

/// Remembers whether an assertion has failed, so that the timeline can be shown.
class FailureListener : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;
    void assertionEnded(const Catch::AssertionStats& stats) override {
        if (!stats.assertionResult.isOk()) {
            failed = true;
        }
    }
    static bool failed;
};
bool FailureListener::failed = false;

CATCH_REGISTER_LISTENER(FailureListener)

/// Prints the report of a performance that has failed, also if it is left by an exception.
class Reporter {
public:
    explicit Reporter(Stage& stage) : stage_(stage) { FailureListener::failed = false; }
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;
    ~Reporter() {
        if ((FailureListener::failed || std::uncaught_exceptions() > 0) && stage_.current() != nullptr) {
            std::cerr << "on a network of the kind '" << stage_.kind().name << "':\n" << stage_.current()->report();
        }
    }

private:
    Stage& stage_;
};

const std::array<Kind, 6>& kinds() {
    using Writes = NetworkConfig::Writes;
    using Reads = NetworkConfig::Reads;
    static const std::array<Kind, 6> all{{
        {.name = "whole", .config = {.reads = Reads::engine_memory}},
        {.name = "byte by byte", .config = {.reads = Reads::own_memory}, .split = Split::every(1)},
        {.name = "random pieces", .config = {.seed = 1}, .split = Split::random()},
        {.name = "random pieces again", .config = {.seed = 2}, .split = Split::random()},
        {.name = "completion writes", .config = {.seed = 3, .writes = Writes::completion}},
        {.name = "facts in batches", .config = {.seed = 4, .batch = true}},
    }};
    return all;
}

}  // namespace

Session& Stage::session() { return session(EngineConfig{}); }

Session& Stage::session(const PoolLimits& limits) {
    EngineConfig config;
    config.limits = limits;
    return session(std::move(config));
}

Session& Stage::session(EngineConfig config) {
    session_.emplace(std::move(config), kind_.config);
    link({});
    return *session_;
}

void Stage::link(Link link) {
    link.split = kind_.split;
    session_->network().link(link);
}

void Stage::link(std::string_view place, Link link) {
    link.split = kind_.split;
    session_->network().link(place, link);
}

void play(void (*scenario)(Stage&)) {
    std::string outcome;
    for (const Kind& kind : kinds()) {
        INFO("on a network of the kind '" << kind.name << "'");
        Stage stage(kind);
        const Reporter reporter(stage);
        scenario(stage);
        if (stage.current() == nullptr) {
            return;
        }
        stage.current()->finish();
        CHECK(stage.current()->violations() == std::vector<std::string>{});
        if (outcome.empty()) {
            outcome = stage.current()->summary();
        }
        if (!stage.differs()) {
            CHECK(stage.current()->summary() == outcome);
        }
    }
}

HttpOrigin::Handler always(std::string body) {
    return [body = std::move(body)](const RequestHead&, std::string_view) { return Reply{.body = body}; };
}

HttpOrigin::Handler after(Duration delay, std::string body) {
    return [delay, body = std::move(body)](const RequestHead&, std::string_view) {
        return Reply{.body = body, .delay = delay};
    };
}

Request get(std::string_view url, const Deadlines& deadlines) {
    Request request = make_request("GET", url);
    request.deadlines = deadlines;
    return request;
}

Request stream(std::string_view url) {
    Request request = make_request("GET", url);
    request.collect = false;
    return request;
}

Request upload(std::string_view url) {
    Request request = make_request("POST", url);
    request.body = Request::Body::streamed;
    return request;
}

std::string pattern(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + " ";
    }
    text.resize(size);
    return text;
}

}  // namespace ferry::scenario
