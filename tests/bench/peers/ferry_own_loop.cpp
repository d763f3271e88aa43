// ferry's engine on the loop of examples/own_loop.cpp, as a program would that has an event loop of its own.
#define OWN_LOOP_NO_MAIN
#include "examples/own_loop.cpp"
#include "tests/bench/peers/ferry_face.hpp"

namespace {

using bench::Arguments;
using bench::Mode;
using bench::Totals;

class Application final : private ferry::EventHandler {
public:
    explicit Application(const Arguments& arguments)
        : arguments_(arguments), engine_(engine_config(arguments, loop_)), driver_(engine_, loop_, *this) {
        loop_.attach(driver_);
        request_.method = arguments.method();
        request_.url = ferry::Url(arguments.url);
        request_.headers = {{"Accept", "*/*"}, {"User-Agent", "bench"}};
        request_.deadlines.pool.reset();
        request_.collect = bench::gathers(arguments);
        if (arguments.sends()) {
            request_.headers.add("Content-Type", arguments.content_type());
            request_.body = ferry::Request::Body::buffered;
            request_.content = ferry::Buffer::share(bench::body_of(arguments));
        }
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            begin(loop_.now());
        }
        driver_.turn();
        while (totals_.requests < requests) {
            loop_.run_once();
        }
        return totals_;
    }

private:
    static ferry::EngineConfig engine_config(const Arguments& arguments, const OwnLoop& loop) {
        ferry::EngineConfig config;
        const std::size_t most = arguments.mode == Mode::idle ? arguments.requests : arguments.concurrency;
        config.limits = {.max_connections = most, .max_keepalive = most, .keepalive_expiry = std::nullopt};
        config.capabilities = loop.capabilities();
        return config;
    }

    void begin(ferry::Time now) {
        --to_begin_;
        (void)engine_.submit(now, request_);
    }

    void on_event(ferry::Time now, ferry::Event& event) override {
        if (const auto* body = std::get_if<ferry::event::Body>(&event)) {
            totals_.bytes += body->data.size();
            engine_.consume(now, body->id, body->data.size());
        } else if (const auto* failed = std::get_if<ferry::event::Failed>(&event)) {
            bench::stop(engine_.take_error(failed->id));
        } else if (const auto* done = std::get_if<ferry::event::Done>(&event)) {
            if (engine_.take_head(done->id).status != 200) {
                bench::stop("ferry-own-loop: not a 200");
            }
            totals_.bytes += engine_.take_body(done->id).size();
            ++totals_.requests;
            if (to_begin_ > 0) {
                begin(now);
            }
        }
    }

    const Arguments arguments_;
    OwnLoop loop_;
    ferry::Engine engine_;
    ferry::Driver driver_;
    ferry::Request request_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return bench::run<Application>(argc, argv, "ferry-own-loop"); }
