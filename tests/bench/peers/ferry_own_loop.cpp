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
            request_.content_length = arguments.body_size;
            request_.body = ferry::Request::Body::streamed;
        }
        if (arguments.mode == Mode::post) {
            request_.body = ferry::Request::Body::buffered;
            request_.content = ferry::Buffer(bench::body_of(arguments));
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
        uploaded_ = 0;
        (void)engine_.submit(now, request_);
    }

    void on_event(ferry::Time now, ferry::Event& event) override {
        if (const auto* body = std::get_if<ferry::event::Body>(&event)) {
            totals_.bytes += body->data.size();
            engine_.consume(now, body->id, body->data.size());
        } else if (const auto* writable = std::get_if<ferry::event::Writable>(&event)) {
            upload(now, writable->id);
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

    // One upload at a time. Pieces until one is refused: then there will be another event::Writable.
    void upload(ferry::Time now, ferry::RequestId id) {
        constexpr std::size_t most = 64 * 1024;
        const std::string_view body = bench::body_of(arguments_);
        while (uploaded_ < body.size()) {
            const std::size_t taken = engine_.write_body(now, id, ferry::Buffer(body.substr(uploaded_, most)));
            if (taken == 0) {
                return;
            }
            uploaded_ += taken;
        }
        engine_.finish_body(now, id);
    }

    const Arguments arguments_;
    OwnLoop loop_;
    ferry::Engine engine_;
    ferry::Driver driver_;
    ferry::Request request_;
    std::size_t to_begin_ = 0;
    std::size_t uploaded_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return bench::run<Application>(argc, argv, "ferry-own-loop"); }
