// ferry on libuv.
#include "tests/bench/peers/ferry_face.hpp"

#include <ferry/uv.hpp>

namespace {

using namespace bench;

class Uv {
public:
    explicit Uv(const Arguments& arguments) : arguments_(arguments), options_(request_options(arguments)) {
        uv_loop_init(&loop_);
        client_.emplace(&loop_, client_config(arguments));
    }
    Uv(const Uv&) = delete;
    Uv& operator=(const Uv&) = delete;
    ~Uv() {
        client_.reset();
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            begin();
        }
        // Ends when no request is under way.
        uv_run(&loop_, UV_RUN_DEFAULT);
        if (totals_.requests != requests) {
            stop("ferry-uv: a request did not end");
        }
        return totals_;
    }

private:
    void begin() {
        --to_begin_;
        if (!gathers(arguments_)) {
            client_->stream("GET", arguments_.url,
                            {.on_body = [this](std::span<const std::byte> bytes) { totals_.bytes += bytes.size(); },
                             .on_done = [this](const ferry::Result<ferry::Response>& response) { end(response); }});
        } else if (arguments_.sends()) {
            client_->request(arguments_.method(), arguments_.url, options_,
                             [this](const ferry::Result<ferry::Response>& response) { end(response); });
        } else {
            client_->get(arguments_.url, [this](const ferry::Result<ferry::Response>& response) { end(response); });
        }
    }

    void end(const ferry::Result<ferry::Response>& response) {
        totals_.bytes += check(response);
        ++totals_.requests;
        if (to_begin_ > 0) {
            begin();
        }
    }

    const Arguments arguments_;
    const ferry::Options options_;
    uv_loop_t loop_{};
    std::optional<ferry::uv::Client> client_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Uv>(argc, argv, "ferry-uv"); }
