// The transfers of one command, by one client.
#pragma once

#include "tools/fetch/getter.hpp"
#include "tools/fetch/plan.hpp"
#include "tools/fetch/progress.hpp"
#include "tools/fetch/settings.hpp"
#include "tools/fetch/sink.hpp"
#include "tools/fetch/turns.hpp"
#include "tools/fetch/write_out.hpp"

#include <ferry/engine.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace ferry::tools {

class FetchSession {
public:
    FetchSession(const FetchSettings& settings, Plan plan);

    /// Makes all transfers; gives the exit code of the last that failed, in the order of the command line.
    [[nodiscard]] int run();

private:
    void work();
    [[nodiscard]] Outcome transfer(std::size_t index);
    void receive(std::size_t index, Outcome& outcome);
    void receive_body(Transfer& transfer, const Plan::Target& target, Sink& sink, Outcome& outcome);
    void report(const Outcome& outcome);
    void trace(const event::Trace& trace);

    const FetchSettings& settings_;
    Plan plan_;
    WriteOut write_out_;
    Progress progress_;
    Turns stdout_turns_;
    std::unique_ptr<Getter> getter_;
    std::vector<int> codes_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> stdout_gone_ = false;
    std::optional<Time> trace_start_;
};

}  // namespace ferry::tools
