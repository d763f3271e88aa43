// Looks on while a session is played, and judges afterwards what a Session cannot know at once: whether limits on time
// were kept to the nanosecond, and whether the bytes of a body are those that the origin sent.
//
// It knows the engine only by what goes over the wire and what ends when; so it cannot share a mistake with it.
#pragma once

#include <ferry/testing.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferry::testing {

class Watcher {
public:
    explicit Watcher(Session& session, Duration timer_unit = Duration(1));
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() = default;

    /// Asked before each fact, in the place of Network::on_fact.
    void interfere(std::function<Fault(const Fact&)> tap) { tap_ = std::move(tap); }

    /// How long connections may be kept: from then on the use of one that should be gone is a violation.
    void limits(const PoolLimits& limits) { pool_ = limits; }

    /// In the place of Session::sleep().
    void sleep(Duration duration);

    /// After Session::finish(): what is wrong becomes a violation of the network's.
    void judge();

    /// Judges a body against what the same request got when nothing went wrong, or ought to get; if not `whole`, against
    /// the beginning of that.
    void compare(const Exchange& exchange, int status, std::string_view expected, bool whole = true);

    /// Whether the first attempt at this request got the head of a final response.
    [[nodiscard]] bool answered(const Exchange& exchange) const;

    /// When a timer that is due then goes off, in a loop that is awake.
    [[nodiscard]] Duration rounded(Duration when) const;
    /// The same in a loop that may be blocked meanwhile.
    [[nodiscard]] Duration due(Duration when) const;

private:
    /// The bytes of one connection, and when how many of them had passed.
    struct Stream {
        struct Mark {
            Duration at{};
            std::size_t size = 0;
            std::uint64_t order = 0;  ///< Among all marks.
        };
        std::string bytes{};
        std::vector<Mark> marks{};
    };
    struct Line {
        Stream sent{};
        Stream received{};
        std::size_t last_read = 0;
        std::size_t request = 0;  ///< Bytes that had been received before the last request.
        std::optional<Duration> opened{};
        std::optional<Duration> closed{};
    };
    /// Where on the wire a request was.
    struct Place {
        const Line* line = nullptr;
        std::size_t begin = 0;  ///< In the bytes that were sent.
        std::size_t end = 0;
        std::uint64_t order = 0;  ///< Of its first byte's mark.
    };

    /// A host that was looked up, or a place that was connected to.
    struct Dialled {
        Duration at{};
        std::string what{};
        std::optional<Duration> answered{};  ///< Of a lookup.
        LookupId lookup{};
    };

    void note();
    void index();
    [[nodiscard]] std::optional<Place> find(const Exchange& exchange) const;
    [[nodiscard]] static std::vector<Duration> passed(const Stream& stream, std::size_t begin, std::size_t end,
                                                      Duration from, Duration to);
    [[nodiscard]] static const Stream::Mark* mark(const Stream& stream, std::size_t byte);
    [[nodiscard]] static std::size_t end_of_head(const Place& place);
    [[nodiscard]] Duration latest(Duration from, Duration to) const;
    [[nodiscard]] bool ends_at(const Exchange& exchange, Duration began, Duration limit) const;
    [[nodiscard]] bool began_at_an_instant(const Exchange& exchange, Duration limit) const;
    [[nodiscard]] bool dial_began(const Exchange& exchange, Duration limit) const;
    void judge_use(ConnId id, const Line& line);
    [[nodiscard]] static std::optional<Duration> server_keeps(std::string_view received);
    void judge_place(const Exchange& exchange);
    void look();
    void judge_time(const Exchange& exchange);
    void judge_read_timeout(const Exchange& exchange, const Place& place);
    void judge_write_timeout(const Exchange& exchange, const Place& place);
    void judge_silence(const Exchange& exchange, const Place& place);
    void judge_expectation(const Exchange& exchange);
    void judge_leftover(const Exchange& exchange, const Place& place);
    void judge_duplex(const Exchange& exchange, const Place& place);
    void wrong(const Exchange& exchange, const std::string& what);

    Session& session_;
    Duration unit_;
    std::function<Fault(const Fact&)> tap_;
    std::unordered_map<ConnId, Line> lines_;
    std::unordered_map<std::string, std::vector<Place>> places_;  ///< By head_of().
    std::unordered_map<std::string, int> alike_;                  ///< Requests with that head.
    std::uint64_t marks_ = 0;
    std::vector<Dialled> dials_;
    std::optional<PoolLimits> pool_;
    bool in_turn_ = false;                  ///< Facts have been reported whose ops have not been done.
    std::optional<Duration> woke_in_turn_;  ///< What was done then had been decided before.
    std::vector<Duration> instants_;        ///< When anything happened, ascending.
};

}  // namespace ferry::testing
