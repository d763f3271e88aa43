// Many calls at once, and the thread that waits for them.
//
// As many are begun as there can be connections, and as many again that wait, so that no connection does; others follow as
// these end. Requests are made, and let go of, without the client's lock, a few at a time: options and bodies may have user
// code in them.
#pragma once

#include <ferry/call.hpp>
#include <ferry/request.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include "transports/client/shared_loop.hpp"

#include <cstddef>
#include <list>
#include <span>
#include <vector>

namespace ferry::detail {

class Gathering {
public:
    Gathering(SharedLoop& loop, std::span<const Call> calls);
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;
    /// Cancels what is under way.
    ~Gathering();

    /// The results, in the order of the calls. Once. What it throws, out of user code that is copied, may come when some
    /// calls have begun; they are cancelled.
    [[nodiscard]] std::vector<Result<Response>> run();

private:
    class Member;

    void begin_some();
    /// Fills `batch_`. Without the lock.
    void prepare_some();
    void begin(Result<Request>&& request);
    [[nodiscard]] Member& idle_member();
    void ended(Member& member, bool crowded);

    SharedLoop& loop_;
    const std::span<const Call> calls_;
    const std::size_t most_;
    SharedLoop::Lock lock_;
    Waiter waiter_;
    std::vector<Result<Response>> results_;  // Of the calls that have begun.
    std::size_t under_way_ = 0;
    std::size_t crowd_ = 0;  // Those of them that keep others from beginning.
    bool more_;              // There are others.
    std::vector<Result<Request>> batch_;
    std::list<std::vector<Member>> members_;  // As many as can be under way, unless some of them rest.
    std::size_t made_ = 0;
    std::vector<Member*> idle_;
    std::vector<Member*> ended_;    // Their bodies are still there.
    std::vector<Member*> resting_;  // These go now.
    std::vector<Member*> wanting_;  // Their sources are to be asked.
};

}  // namespace ferry::detail
