// A client of any transport, with the calls that the tests make.
#pragma once

#include "tools/demo/face.hpp"

#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::test {

/// What a test is played on, one after the other.
using Transport = tools::Column;
inline constexpr const auto& transports = tools::columns;

class AnyClient {
public:
    AnyClient(const Transport& transport, const Config& config) : face_(transport.make(config)) {}

    Response request(std::string_view method, const std::string& url, const Options& options = Options()) {
        return face_->request(method, url, options);
    }
    Response get(const std::string& url, const Options& options = Options()) { return request("GET", url, options); }
    Response head(const std::string& url) { return request("HEAD", url); }
    Response options(const std::string& url) { return request("OPTIONS", url); }
    Response delete_(const std::string& url) { return request("DELETE", url); }
    Response post(const std::string& url, const Options& options) { return request("POST", url, options); }
    Response put(const std::string& url, const Options& options) { return request("PUT", url, options); }
    Response patch(const std::string& url, const Options& options) { return request("PATCH", url, options); }
    /// Tells `each` of the body's pieces, and rests for so long after the first.
    Response stream(const std::string& url, const Options& options, std::function<void(ConstBuffer)> each,
                    std::chrono::milliseconds rest = std::chrono::milliseconds(0)) {
        return face_->stream("GET", url, options, {.each = std::move(each), .rest = rest});
    }
    std::vector<Result<Response>> gather(std::span<const Call> calls) { return face_->gather(calls); }
    [[nodiscard]] Stats stats() const { return face_->stats(); }
    bool drain() { return face_->drain(); }

private:
    std::unique_ptr<tools::Face> face_;
};

}  // namespace ferry::test
