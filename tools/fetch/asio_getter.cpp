#include "tools/fetch/engine_getter.hpp"

#include "transports/asio/transport.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace ferry::tools {
namespace {

namespace net = ::boost::asio;

class AsioThread final : public LoopThread {
public:
    ~AsioThread() override { transport_->abandon(); }

    [[nodiscard]] Transport& transport() override { return *transport_; }
    void attach(Facts& facts) override { transport_->attach(facts, transport_); }
    void run() override { context_.run(); }
    void stop() override { context_.stop(); }
    void post(std::function<void()> job) override { net::post(context_, std::move(job)); }
    void refresh() override { transport_->refresh(); }

private:
    net::io_context context_{1};
    net::executor_work_guard<net::io_context::executor_type> work_{context_.get_executor()};
    std::shared_ptr<asio::AsioTransport> transport_ = std::make_shared<asio::AsioTransport>(context_.get_executor());
};

}  // namespace

std::unique_ptr<Getter> make_asio_getter(const Config& config) {
    return make_engine_getter(config, std::make_unique<AsioThread>());
}

}  // namespace ferry::tools
