#include "core/exchange/upload.hpp"

#include <exception>
#include <string>
#include <utility>

namespace ferry::detail {

namespace {

template <class Action>
Result<void> guarded(Action action) {
    try {
        action();
        return {};
    } catch (const std::exception& failure) {
        return Error{.code = Errc::invalid_body,
                     .message = std::string("the source of the body failed: ") + failure.what()};
    } catch (...) {
        return Error{.code = Errc::invalid_body, .message = "the source of the body failed"};
    }
}

}  // namespace

Result<void> Upload::fetch() {
    return guarded([this] {
        while (!trailers_ && (!piece_ || piece_->empty())) {
            piece_ = source_->next();
            if (!piece_) {
                trailers_ = source_->trailers != nullptr ? source_->trailers() : Headers();
            }
        }
    });
}

bool Upload::give(Engine& engine, Time now, RequestId id) {
    if (piece_) {
        if (engine.credit(id) == 0) {
            return false;
        }
        static_cast<void>(engine.write_body(now, id, *std::exchange(piece_, std::nullopt)));
        return engine.credit(id) > 0;
    }
    if (trailers_) {
        engine.finish_body(now, id, *std::exchange(trailers_, Headers()));
        return false;
    }
    return engine.credit(id) > 0;
}

Result<void> Upload::feed(Engine& engine, Time now, RequestId id) {
    while (give(engine, now, id)) {
        if (auto fetched = fetch(); !fetched) {
            return fetched;
        }
    }
    return {};
}

Result<void> Upload::rewind() {
    piece_.reset();
    trailers_.reset();
    return guarded([this] { source_->rewind(); });
}

}  // namespace ferry::detail
