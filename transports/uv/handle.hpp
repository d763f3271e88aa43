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
    Handle(void* whom, std::shared_ptr<void> holder) : user(whom), owner(std::move(holder)) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    virtual ~Handle() = default;

    /// No callback comes after this, but for the one of a connect under way, with UV_ECANCELED.
    virtual void close() = 0;

    void* user = nullptr;
    std::shared_ptr<void> owner;

protected:
    static void close(uv_handle_t* handle);
};

/// One of the type `Uv`: libuv's types differ much in size. Its `data` is the Handle.
template <class Uv>
struct HandleOf : Handle {
    HandleOf(void* whom, std::shared_ptr<void> holder) : Handle(whom, std::move(holder)) {
        base()->data = static_cast<Handle*>(this);
    }
    void close() override { Handle::close(base()); }

    /// As the type that all handles have in common.
    [[nodiscard]] uv_handle_t* base() noexcept { return reinterpret_cast<uv_handle_t*>(&uv); }

    Uv uv{};
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
