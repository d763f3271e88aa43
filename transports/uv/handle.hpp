// The lifetime of libuv's handles.
#pragma once

#include <uv.h>

#include <memory>
#include <system_error>
#include <utility>

namespace ferry::uv {

/// A handle of libuv's. It is made with new, and from close() on it belongs to libuv.
struct Handle {
    /// `holder` is let go of when libuv is done with the handle.
    Handle(void* whom, std::shared_ptr<void> holder) : user(whom), owner(std::move(holder)) { uv.handle.data = this; }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    virtual ~Handle() = default;

    /// No callback comes after this, but for the one of a connect under way, with UV_ECANCELED.
    virtual void close();

    uv_any_handle uv{};
    void* user = nullptr;
    std::shared_ptr<void> owner;
};

struct CloseHandle {
    void operator()(Handle* handle) const { handle->close(); }
};
/// Owns a handle that was initialised.
template <class T>
using Owned = std::unique_ptr<T, CloseHandle>;

/// An error of libuv's as our own loop would report it.
[[nodiscard]] std::error_code to_error(int status);

}  // namespace ferry::uv
