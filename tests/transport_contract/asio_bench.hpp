// The bench of the Asio transport, with lookups that need no name server.
#pragma once

#include "tests/transport_contract/loop_bench.hpp"
#include "transports/asio/transport.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace ferry::contract {

class AsioBench final : public SocketBench {
public:
    /// Makes the executor that the transport is to have.
    using MakeExecutor = std::function<asio::AsioTransport::Executor(::boost::asio::io_context&)>;

    AsioBench() : AsioBench([](::boost::asio::io_context& context) { return context.get_executor(); }) {}
    explicit AsioBench(MakeExecutor make_executor) : make_executor_(std::move(make_executor)) {}
    ~AsioBench() override { names_->release(); }

    void create(Facts& facts) override {
        context_ = std::make_unique<::boost::asio::io_context>();
        transport_ = std::make_shared<asio::AsioTransport>(
            make_executor_(*context_),
            [names = names_](const std::string& host, std::uint16_t port) { return names->resolve(host, port); });
        transport_->attach(facts, transport_);
    }
    Transport& transport() override { return *transport_; }
    void destroy() override {
        transport_->abandon();
        transport_.reset();
        context_.reset();
    }
    void run_once(std::optional<Duration> limit) override {
        context_->restart();
        if (limit) {
            context_->run_one_for(*limit);
        } else {
            context_->run_one();
        }
        context_->poll();
        transport_->refresh();
    }

    std::string good_host() override { return "good.test"; }
    std::string bad_host() override { return "bad.test"; }
    std::string slow_host() override { return "slow.test"; }
    void release_slow_hosts() override { names_->release(); }

private:
    MakeExecutor make_executor_;
    std::shared_ptr<Names> names_ = std::make_shared<Names>();
    std::unique_ptr<::boost::asio::io_context> context_;
    std::shared_ptr<asio::AsioTransport> transport_;
};

}  // namespace ferry::contract
