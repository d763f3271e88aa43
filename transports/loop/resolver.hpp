// Name lookups on helper threads, since the system's lookup blocks, and nobody can interrupt it.
//
// No destructor waits for them: a thread that is stuck in a lookup keeps its own share of the state alive, finds when
// it comes back that nobody is interested any more, and ends.
#pragma once

#include <ferry/id.hpp>
#include <ferry/resolver.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ferry::loop {

/// `custom`, or the system's lookup where it is null.
[[nodiscard]] inline ResolveFunction lookup_in_force(const ResolveFunction& custom) {
    return custom ? custom : ResolveFunction(system_lookup);
}

class Resolver {
public:
    /// As many lookups run at once; a thread is started when all others are busy, and ends after some idle seconds.
    /// Enough that a name server that does not answer holds up other names only in extreme cases.
    static constexpr std::size_t max_threads = 8;

    struct Answer {
        LookupId id{};
        Resolved resolved{};
    };

    /// `notify` is called from helper threads when there is something to take(), and not after the destructor began.
    Resolver(ResolveFunction lookup, std::function<void()> notify);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver();

    void start(LookupId id, std::string host, std::uint16_t port);
    /// No answer for `id` is given by take() from here on.
    void cancel(LookupId id);
    /// The answers since the last call, into `answers`.
    void take(std::vector<Answer>& answers);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ferry::loop
