// The client for Boost.Asio, with a context of its own that runs while a call waits.
#include "tools/demo/face.hpp"

#include <ferry/asio.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace ferry::tools {
namespace {

class AsioFace final : public Face {
public:
    explicit AsioFace(const Config& config) : client_(context_, config) {}

    Response request(std::string_view method, const std::string& url, const Options& options) override {
        std::optional<Response> response;
        std::exception_ptr thrown;
        client_.request(method, url, options, [&](std::exception_ptr exception, Response r) {
            thrown = std::move(exception);
            response.emplace(std::move(r));
        });
        run_until([&] { return response.has_value(); });
        if (thrown) {
            std::rethrow_exception(thrown);
        }
        return *std::move(response);
    }
    Response stream(std::string_view method, const std::string& url, const Options& options,
                    const Reader& reader) override {
        std::optional<Result<asio::StreamingResponse>> opened;
        client_.try_stream(method, url, options,
                           [&](Result<asio::StreamingResponse> r) { opened.emplace(std::move(r)); });
        run_until([&] { return opened.has_value(); });
        asio::StreamingResponse response = std::move(*opened).value();
        std::chrono::milliseconds rest = reader.rest;
        for (;;) {
            std::optional<Result<std::optional<Buffer>>> read;
            response.try_read([&](Result<std::optional<Buffer>> r) { read.emplace(std::move(r)); });
            run_until([&] { return read.has_value(); });
            const std::optional<Buffer> piece = std::move(*read).value();
            if (!piece) {
                return response.response();
            }
            reader.each(piece->bytes());
            if (rest.count() > 0) {
                context_.restart();
                context_.run_for(std::exchange(rest, std::chrono::milliseconds(0)));
            }
        }
    }
    std::vector<Result<Response>> gather(std::span<const Call> calls) override {
        std::vector<std::optional<Result<Response>>> results(calls.size());
        std::size_t left = calls.size();
        for (std::size_t i = 0; i < calls.size(); ++i) {
            client_.try_request(calls[i].method, calls[i].url, calls[i].options,
                                [&left, &result = results[i]](Result<Response> r) {
                                    result.emplace(std::move(r));
                                    --left;
                                });
        }
        run_until([&] { return left == 0; });
        std::vector<Result<Response>> all;
        all.reserve(results.size());
        for (std::optional<Result<Response>>& result : results) {
            all.push_back(*std::move(result));
        }
        return all;
    }
    std::size_t repeat(const std::string& url, std::size_t count, std::size_t at_once) override {
        Chain chain{client_, url, count};
        for (std::size_t i = 0; i < std::min(at_once, count); ++i) {
            chain.begin();
        }
        run_until([&] { return chain.ended == count; });
        return chain.done;
    }
    [[nodiscard]] Stats stats() const override { return client_.stats(); }
    bool drain() override {
        std::optional<bool> drained;
        client_.drain([&](bool all) { drained = all; });
        run_until([&] { return drained.has_value(); });
        context_.run();  // Until the connections are closed.
        return *drained;
    }

private:
    struct Chain {
        asio::Client& client;
        const std::string& url;
        const std::size_t count;
        std::size_t begun = 0;
        std::size_t ended = 0;
        std::size_t done = 0;

        void begin() {
            ++begun;
            client.try_get(url, [this](const Result<Response>& result) {
                ++ended;
                done += is_success(result);
                if (begun < count) {
                    begin();
                }
            });
        }
    };

    // Not until it has nothing left to do: idle connections keep it busy.
    template <class Condition>
    void run_until(Condition condition) {
        context_.restart();
        while (!condition()) {
            context_.run_one();
        }
    }

    ::boost::asio::io_context context_{1};
    asio::Client client_;
};

}  // namespace

std::unique_ptr<Face> make_asio_face(const Config& config) { return std::make_unique<AsioFace>(config); }

}  // namespace ferry::tools
