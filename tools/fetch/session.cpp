#include "tools/fetch/session.hpp"

#include "core/message/quote.hpp"
#include "tools/fetch/failure.hpp"
#include "tools/say.hpp"

#include <ferry/failed_request.hpp>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <latch>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace ferry::tools {
namespace {

// Not where the terminal shows the body already.
[[nodiscard]] bool shows_progress(const FetchSettings& settings, const Plan& plan) {
    const bool to_terminal = ::isatty(STDOUT_FILENO) != 0 &&
                             std::ranges::any_of(plan.targets, [](const auto& t) { return t.output.empty(); });
    return !settings.silent && !to_terminal && ::isatty(STDERR_FILENO) != 0;
}

[[nodiscard]] std::uint64_t content_length(const Headers& headers) {
    const auto text = headers.first(KnownField::content_length).value_or("");
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

[[nodiscard]] std::string head_text(const Response& response) {
    return fmt::format("{} {} {}\r\n{}\r\n", response.http_version(), response.status_code(), response.reason_phrase(),
                       response.headers().wire());
}

// With the times as far as the request came.
[[noreturn]] void fail(const Error& error, const Plan::Target& target, Outcome& outcome) {
    if (error.request != nullptr) {
        outcome.timings = error.request->timings;
    }
    if (error.code == Errc::invalid_body && target.upload.reading != nullptr &&
        !target.upload.reading->failure.empty()) {
        throw FetchFailure(exit_code::read_error, target.upload.reading->failure);
    }
    throw FetchFailure(exit_code_of(error.code), error.message);
}

// What was taken of the body, but no more than was sent of the request. Too much only where a request breaks in the
// middle of a body in chunks (their framing), or after it was made again.
[[nodiscard]] std::uint64_t body_bytes_sent(const Plan::Target& target, const Content& content,
                                            const Timings& timings) {
    const Reading* const reading = target.upload.reading.get();
    const std::uint64_t taken = reading != nullptr ? reading->bytes.load() : content.bytes().size();
    return std::min(taken, timings.bytes_sent - std::min(timings.bytes_sent, target.head_size));
}

}  // namespace

FetchSession::FetchSession(const FetchSettings& settings, Plan plan)
    : settings_(settings),
      plan_(std::move(plan)),
      write_out_(plan_.write_out),
      progress_(shows_progress(settings, plan_)),
      stdout_turns_(plan_.targets.size()),
      codes_(plan_.targets.size()) {
    if (settings.verbose) {
        plan_.config.on_trace = [this](const event::Trace& event) { trace(event); };
    }
    const auto* const kind = std::ranges::find(getter_kinds, settings.transport, &GetterKind::transport);
    getter_ = kind->make(plan_.config);
}

int FetchSession::run() {
    std::vector<std::thread> threads;
    if (settings_.parallel) {
        threads.resize(std::min<std::size_t>(settings_.parallel_max, plan_.targets.size()) - 1);
    }
    // Stacks must not take the last of the memory: some is held for the work itself, which begins when all are there.
    constexpr std::size_t for_the_work = std::size_t{32} << 20U;
    void* const held = ::mmap(nullptr, for_the_work, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::latch all_there(1);
    try {
        for (std::thread& thread : threads) {
            thread = std::thread([this, &all_there] {
                all_there.wait();
                work();
            });
        }
    } catch (const std::system_error&) {
        // The system has no more of them: those that there are do it all, fewer at once.
        std::erase_if(threads, [](const std::thread& thread) { return !thread.joinable(); });
    }
    if (held != MAP_FAILED) {
        ::munmap(held, for_the_work);
    }
    all_there.count_down();
    work();
    for (std::thread& thread : threads) {
        thread.join();
    }
    const auto last = std::find_if(codes_.rbegin(), codes_.rend(), [](int code) { return code != 0; });
    return last == codes_.rend() ? 0 : *last;
}

// Takes one transfer after the other until there are no more.
void FetchSession::work() {
    for (;;) {
        const std::size_t index = next_++;
        if (index >= plan_.targets.size()) {
            return;
        }
        if (!stdout_gone_) {
            const Outcome outcome = transfer(index);
            codes_[index] = outcome.exit_code;
            report(outcome);
        }
        stdout_turns_.end(index);
    }
}

Outcome FetchSession::transfer(std::size_t index) {
    Outcome outcome;
    outcome.method = plan_.targets[index].method;
    outcome.url = plan_.targets[index].text;
    const auto start = std::chrono::steady_clock::now();
    try {
        receive(index, outcome);
    } catch (const FetchFailure& failure) {
        outcome.exit_code = failure.code();
        outcome.sentence = failure.what();
    } catch (const std::bad_alloc&) {
        outcome.exit_code = exit_code::out_of_memory;
        outcome.sentence = fmt::format("there is no memory left for {}", plan_.targets[index].url.display());
    } catch (const std::exception& failure) {
        outcome.exit_code = exit_code::internal_error;
        outcome.sentence = fmt::format("{}: {}", plan_.targets[index].url.display(), failure.what());
    }
    outcome.uploaded = body_bytes_sent(plan_.targets[index], plan_.options.content, outcome.timings);
    if (!outcome.timings.total) {  // the response was not wanted to its end
        outcome.timings.total = std::chrono::steady_clock::now() - start;
    }
    if (!write_out_.empty() && !stdout_gone_) {
        stdout_turns_.wait(index);
        progress_.clear();
        try {
            Sink({}).write(write_out_.apply(outcome));
        } catch (const FetchFailure& failure) {
            stdout_gone_ = true;
            outcome.exit_code = failure.code();
            outcome.sentence = failure.what();
        }
    }
    return outcome;
}

void FetchSession::receive(std::size_t index, Outcome& outcome) {
    const Plan::Target& target = plan_.targets[index];
    Result<std::unique_ptr<Transfer>> started = getter_->open(target.method, target.url, plan_.options_for(target));
    if (!started) {
        fail(started.error(), target, outcome);
    }
    Transfer& transfer = **started;
    const Response& response = transfer.response();
    outcome.status = response.status_code();
    outcome.content_type = response.headers().get("content-type", "");
    outcome.version = response.http_version().substr(std::string_view("HTTP/").size());
    outcome.timings = response.timings();
    const bool refused = settings_.fail && response.status_code() >= 400;
    const bool shows_head = settings_.include || settings_.head;
    const auto refuse = [&] {
        throw FetchFailure(exit_code::http_error,
                           fmt::format("{} {} was answered with {} {}", target.method, target.url.display(),
                                       response.status_code(), detail::escaped(response.reason_phrase())));
    };
    if (refused && !shows_head) {
        refuse();
    }
    Sink sink(target.output);
    if (sink.is_stdout()) {
        stdout_turns_.wait(index);
        progress_.clear();
    }
    sink.open();
    try {
        if (shows_head) {
            sink.write(head_text(response));
        }
        // -I wants the head, whatever was asked with.
        if (!refused && (!settings_.head || target.method == "HEAD")) {
            receive_body(transfer, target, sink, outcome);
        }
        sink.close();
        if (refused) {
            refuse();
        }
    } catch (const FetchFailure& failure) {
        stdout_gone_ = stdout_gone_ || (sink.is_stdout() && failure.code() == exit_code::write_error);
        throw;
    }
}

void FetchSession::receive_body(Transfer& transfer, const Plan::Target& target, Sink& sink, Outcome& outcome) {
    progress_.expect(target.method == "HEAD" ? 0 : content_length(transfer.response().headers()));
    for (;;) {
        const Result<std::optional<Buffer>> piece = transfer.read();
        if (!piece) {
            fail(piece.error(), target, outcome);
        }
        if (!piece->has_value()) {
            outcome.timings = transfer.response().timings();
            return;
        }
        outcome.downloaded += (*piece)->size();
        sink.write((*piece)->bytes());
        progress_.add((*piece)->size());
    }
}

void FetchSession::report(const Outcome& outcome) {
    progress_.clear();
    if (!outcome.sentence.empty() && (!settings_.silent || settings_.show_error)) {
        say("ferry: {}\n", outcome.sentence);
    }
}

// "*   1.204 ms [0] connected": what happened, when, and on which connection. Heads have their lines marked as curl does.
void FetchSession::trace(const event::Trace& trace) {
    if (!trace_start_) {
        trace_start_ = trace.at;
    }
    progress_.clear();
    const double elapsed = std::chrono::duration<double, std::milli>(trace.at - *trace_start_).count();
    const bool connected = trace.connection.generation != 0;
    std::string prefix =
        fmt::format("{:9.3f} ms {:<4}", elapsed, connected ? fmt::format("[{}]", trace.connection.slot) : "");
    std::string_view text = trace.text;
    const bool is_head = text.starts_with("> ") || text.starts_with("< ");
    const char mark = is_head ? text.front() : '*';
    text.remove_prefix(is_head ? 2 : 0);
    std::string lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        lines += fmt::format("{} {}{}\n", mark, prefix, line);
        prefix.assign(prefix.size(), ' ');
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    say("{}", lines);
}

}  // namespace ferry::tools
