// The network itself: addresses and who is there, the steps, and the Transport's calls, checked on their way to the
// connection that they are for.
#include <ferry/testing.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "transports/sim/connection.hpp"
#include "transports/sim/names.hpp"
#include "transports/sim/world.hpp"

namespace ferry::testing {

namespace {

/// How often the timer may go off at one instant before it is a busy loop.
constexpr std::size_t timers_at_once = 100;
/// How many steps one instant may have: more than any body read byte by byte in a test.
constexpr std::uint64_t steps_at_once = 20'000'000;

/// What is at an address.
struct Site {
    enum class Kind : std::uint8_t { nothing, origin, refusing, black_hole };
    Kind kind = Kind::nothing;
    std::shared_ptr<Listener> origin{};
    std::optional<Link> link{};
    std::size_t attempts = 0;
    std::size_t accepted = 0;
};

/// What is known of one ConnId::slot.
struct Slot {
    std::uint32_t generation = 0;
    std::shared_ptr<Connection> connection{};
    bool close_asked = false;
    std::uint64_t closed_in_step = 0;
    std::uint64_t received = 0;  ///< Of the last connection, when it is gone.
};

}  // namespace

struct Network::Impl {
    Impl(Network& owner, const NetworkConfig& config) : world(owner, config) {}
    ~Impl() { world.schedule.clear(); }

    Site& site(std::string_view place) { return sites[to_string(names.locate(place))]; }
    [[nodiscard]] const Site* find_site(std::string_view place) const {
        const auto found = sites.find(to_string(names.find(place)));
        return found == sites.end() ? nullptr : &found->second;
    }

    /// The client's end of a connection, for an op on it; null if it is gone. An op that was produced before the engine
    /// was told of the end may come up to the end of the turn; later it is a violation.
    ClientEnd* find(ConnId id, const char* op) {
        if (id.generation == 0 || id.slot >= slots.size() || slots[id.slot].generation != id.generation) {
            world.violation(std::string(op) + " " + show(id) + ", which names no connection");
            return nullptr;
        }
        const Slot& slot = slots[id.slot];
        if (slot.connection == nullptr) {
            if (slot.closed_in_step != world.steps) {
                world.violation(std::string(op) + " " + show(id) + " after its on_closed");
            }
            return nullptr;
        }
        ClientEnd& end = slot.connection->client();
        if (end.state() == ClientEnd::State::closing) {
            world.violation(std::string(op) + " " + show(id) + " after Close");
            return nullptr;
        }
        return &end;
    }

    void closed(ConnId id) {
        Slot& slot = slots[id.slot];
        slot.received = slot.connection->client().received();
        slot.closed_in_step = world.steps;
        ended.push_back(std::move(slot.connection));
        --(slot.close_asked ? closing : open);
    }

    /// Lets go of connections whose server has seen their end. What is still on its way is kept by the schedule.
    void bury() {
        if (ended.size() != still_ended) {
            std::erase_if(ended, [](const auto& connection) { return connection->server_has_seen_the_end(); });
            still_ended = ended.size();
        }
    }

    [[nodiscard]] std::optional<Time> timer_due() const {
        if (!armed) {
            return std::nullopt;
        }
        const Duration unit = std::max(world.config.timer_unit, Duration(1));
        const Duration since = std::max(*armed - World::start, Duration::zero());
        if (*armed == Time::max()) {
            return std::nullopt;
        }
        const Time rounded = World::start + (since + unit - Duration(1)) / unit * unit;
        return std::max(rounded, world.now);
    }

    [[nodiscard]] std::optional<Time> next() const {
        const std::optional<Time> action = world.schedule.next();
        const std::optional<Time> timer = timer_due();
        return action && timer ? std::min(*action, *timer) : action ? action : timer;
    }

    void fire_timer() {
        armed.reset();
        if (++timers_now > timers_at_once) {
            world.violation("busy loop: the timer went off " + std::to_string(timers_now) + " times at one instant");
            stuck = true;
            return;
        }
        if (world.about_to(Fact::Type::timer, {}) == Fault::none) {
            world.log("fact", [] { return "timer"; });
        }
        world.to_client().on_timer();
    }

    void answer_lookup(LookupId id, const std::vector<Endpoint>& endpoints, std::error_code error) {
        if (!lookups.contains(id)) {
            return;
        }
        const Fault fault = world.about_to(Fact::Type::resolved, {}, id);
        if (fault == Fault::silence || lookups.erase(id) == 0) {
            return;
        }
        if (fault != Fault::none) {
            error = make_error_code(Errc::name_resolution_failed);
        }
        answered.insert(id);
        world.log("fact", [&] {
            std::string text = "resolved " + show(id);
            for (const Endpoint& endpoint : endpoints) {
                text += " " + to_string(endpoint);
            }
            return error ? "resolved " + show(id) + " " + error.message() : text;
        });
        world.to_client().on_resolved(id, error ? std::span<const Endpoint>{} : endpoints, error);
    }

    World world;
    Names names;
    std::map<std::string, Site> sites;
    Link default_link;
    std::vector<Slot> slots;
    std::vector<std::shared_ptr<Connection>> ended;  ///< For the client.
    std::size_t still_ended = 0;                     ///< How many bury() has left.
    std::unordered_set<LookupId> lookups;            ///< Unanswered ones.
    std::unordered_set<LookupId> answered;           ///< In this step.
    std::optional<Time> armed;
    std::size_t open = 0;
    std::size_t most_open = 0;
    std::size_t closing = 0;
    std::size_t timers_now = 0;
    std::uint64_t steps_now = 0;
    bool in_step = false;
    bool stuck = false;
    std::vector<std::function<void()>> after_step;
    std::vector<Sleep> sleeps;
};

Network::Network() : Network(NetworkConfig{}) {}

Network::Network(NetworkConfig config) : impl_(std::make_unique<Impl>(*this, config)) {}

Network::~Network() = default;

void Network::attach(Facts& facts) { impl_->world.facts = &facts; }

// ── What is out there ────────────────────────────────────────────────────────────────────────────────────────────

void Network::name(std::string_view host, std::initializer_list<std::string_view> addresses) {
    impl_->names.set(host, {.addresses = {addresses.begin(), addresses.end()}});
}

void Network::name(std::string_view host, Lookup lookup) { impl_->names.set(host, std::move(lookup)); }

void Network::listen(std::string_view place, std::shared_ptr<Listener> origin) {
    Site& site = impl_->site(place);
    site.kind = Site::Kind::origin;
    site.origin = std::move(origin);
}

HttpOrigin& Network::serve(std::string_view place, HttpOrigin::Handler handler) {
    auto origin = std::make_shared<HttpOrigin>(std::move(handler));
    listen(place, origin);
    return *origin;
}

ScriptOrigin& Network::play(std::string_view place, Script script) {
    return play(place, std::vector<Script>{std::move(script)});
}

ScriptOrigin& Network::play(std::string_view place, std::vector<Script> scripts) {
    auto origin = std::make_shared<ScriptOrigin>(std::move(scripts));
    listen(place, origin);
    return *origin;
}

void Network::refuse(std::string_view place) { impl_->site(place).kind = Site::Kind::refusing; }

void Network::black_hole(std::string_view place) { impl_->site(place).kind = Site::Kind::black_hole; }

void Network::link(std::string_view place, const Link& link) { impl_->site(place).link = link; }

void Network::link(const Link& link) { impl_->default_link = link; }

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Time Network::now() { return impl_->world.now; }

Duration Network::elapsed() const noexcept { return impl_->world.now - World::start; }

void Network::at(Duration when, std::function<void()> action) {
    impl_->world.schedule.push(std::max(impl_->world.now, saturating_add(World::start, when)), std::move(action),
                               Schedule::Who::client);
}

void Network::after(Duration delay, std::function<void()> action) {
    impl_->world.later(delay, std::move(action), Schedule::Who::client);
}

void Network::sleep(Duration duration) {
    World& world = impl_->world;
    const Duration begin = elapsed();
    const Time end = saturating_add(world.now, std::max(duration, Duration::zero()));
    world.log("command", [&] { return "sleep until +" + in_seconds(end - World::start); });
    std::vector<Schedule::Action> held;
    for (std::optional<Time> next = world.schedule.next(); next && *next <= end; next = world.schedule.next()) {
        world.now = std::max(world.now, *next);
        Schedule::Task task = world.schedule.pop();
        if (task.who == Schedule::Who::client) {
            held.push_back(std::move(task.action));
        } else {
            task.action();
        }
    }
    world.now = end;
    for (Schedule::Action& action : held) {
        world.schedule.push(end, std::move(action), Schedule::Who::client);
    }
    impl_->sleeps.push_back({.begin = begin, .end = elapsed()});
    impl_->steps_now = 0;
    impl_->timers_now = 0;
}

const std::vector<Network::Sleep>& Network::sleeps() const noexcept { return impl_->sleeps; }

bool Network::step() {
    Impl& s = *impl_;
    if (s.in_step) {
        throw std::logic_error("Network::step() from inside a step");
    }
    const std::optional<Time> next = s.next();
    if (!next || s.stuck) {
        return false;
    }
    s.in_step = true;
    ++s.world.steps;
    if (*next > s.world.now) {
        s.world.now = *next;
        s.steps_now = 0;
        s.timers_now = 0;
    } else if (++s.steps_now > steps_at_once) {
        s.world.violation("time stands still");
        s.stuck = true;
    }

    const std::optional<Time> due = s.world.schedule.next();
    if (due && *due <= s.world.now) {
        const std::uint64_t newer = s.world.schedule.pushed();
        do {
            s.world.schedule.pop().action();
        } while (s.world.config.batch && s.world.schedule.has_due(s.world.now, newer));
    } else {
        s.fire_timer();
    }
    if (s.world.facts != nullptr) {
        s.world.facts->turn();
    }
    s.bury();
    s.answered.clear();
    ++s.world.steps;  // What is asked for between two steps belongs to neither.
    s.in_step = false;
    for (const auto& action : s.after_step) {
        action();
    }
    return true;
}

void Network::run() {
    while (step()) {
    }
}

bool Network::run_until(const std::function<bool()>& condition) {
    while (!condition()) {
        if (!step()) {
            return condition();
        }
    }
    return true;
}

void Network::run_until(Duration when) {
    const Time end = saturating_add(World::start, when);
    for (std::optional<Time> next = impl_->next(); next && *next <= end && step(); next = impl_->next()) {
    }
    impl_->world.now = std::max(impl_->world.now, end);
}

void Network::after_step(std::function<void()> action) { impl_->after_step.push_back(std::move(action)); }

// ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────

void Network::on_fact(std::function<Fault(const Fact&)> tap) { impl_->world.tap = std::move(tap); }

std::uint64_t Network::facts() const noexcept { return impl_->world.fact_count; }

void Network::on_traffic(std::function<void(ConnId, Direction, std::string_view)> tap) {
    impl_->world.traffic = std::move(tap);
}

void Network::on_dial(std::function<void(LookupId, std::string_view)> tap) { impl_->world.dials = std::move(tap); }

// ── Looking in ───────────────────────────────────────────────────────────────────────────────────────────────────

const std::vector<std::string>& Network::violations() const noexcept { return impl_->world.violations; }

// NOLINTNEXTLINE(performance-unnecessary-value-param): the declaration leaves room to keep it.
void Network::violation(std::string sentence) { impl_->world.violation(sentence); }

std::string Network::timeline() const { return impl_->world.timeline.text(); }

void Network::note(std::string_view kind, std::string_view text) {
    impl_->world.log(kind, [&] { return text; });
}

std::size_t Network::attempts(std::string_view place) const {
    const Site* site = impl_->find_site(place);
    return site == nullptr ? 0 : site->attempts;
}

std::size_t Network::accepted(std::string_view place) const {
    const Site* site = impl_->find_site(place);
    return site == nullptr ? 0 : site->accepted;
}

std::size_t Network::lookups(std::string_view host) const { return impl_->names.asked(host); }

std::size_t Network::open() const noexcept { return impl_->open; }

std::size_t Network::most_open() const noexcept { return impl_->most_open; }

std::size_t Network::closing() const noexcept { return impl_->closing; }

std::vector<std::string> Network::addresses(std::string_view host) const { return impl_->names.addresses(host); }

std::uint64_t Network::received(ConnId id) const {
    if (id.slot >= impl_->slots.size() || impl_->slots[id.slot].generation != id.generation) {
        return 0;
    }
    const Slot& slot = impl_->slots[id.slot];
    return slot.connection == nullptr ? slot.received : slot.connection->client().received();
}

bool Network::unread(ConnId id) const {
    const bool known = id.slot < impl_->slots.size() && impl_->slots[id.slot].generation == id.generation;
    const std::shared_ptr<Connection> connection = known ? impl_->slots[id.slot].connection : nullptr;
    return connection != nullptr && connection->client().unread();
}

std::size_t Network::held_back() const {
    return static_cast<std::size_t>(std::count_if(impl_->slots.begin(), impl_->slots.end(), [](const Slot& slot) {
        return slot.connection != nullptr && slot.connection->client().held_back();
    }));
}

std::optional<Time> Network::timer() const noexcept { return impl_->armed; }

// ── Transport ────────────────────────────────────────────────────────────────────────────────────────────────────

Capabilities Network::capabilities() const { return impl_->world.config.capabilities; }

std::size_t Network::max_loan() const {
    constexpr std::size_t completion_loan = 64 * 1024;
    return impl_->world.config.writes == NetworkConfig::Writes::completion ? completion_loan
                                                                           : static_cast<std::size_t>(-1);
}

void Network::lookup(LookupId id, std::string_view host, std::uint16_t port) {
    Impl& s = *impl_;
    s.world.log("op", [&] { return "lookup " + show(id) + " " + std::string(host); });
    if (s.world.dials) {
        s.world.dials(id, host);
    }
    if (!id || s.lookups.contains(id)) {
        s.world.violation("Lookup " + show(id) + " twice");
    }
    const Lookup lookup = s.names.ask(host);
    s.lookups.insert(id);
    if (!lookup.answers) {
        return;
    }
    std::error_code error = lookup.error;
    if (!error && lookup.addresses.empty()) {
        error = make_error_code(Errc::name_resolution_failed);
    }
    s.world.later(
        lookup.delay,
        [&s, id, endpoints = endpoints_of(lookup, port), error] { s.answer_lookup(id, endpoints, error); },
        Schedule::Who::client);
}

void Network::cancel_lookup(LookupId id) {
    Impl& s = *impl_;
    s.world.log("op", [&] { return "cancel lookup " + show(id); });
    if (s.lookups.erase(id) == 0 && !s.answered.contains(id)) {
        s.world.violation("CancelLookup " + show(id) + ", which is not under way");
    }
}

void Network::connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>&) {
    Impl& s = *impl_;
    const std::string where = to_string(to);
    s.world.log("op", [&] { return "connect " + show(id) + " " + where; });
    if (id.slot >= s.slots.size()) {
        s.slots.resize(id.slot + std::size_t{1});
    }
    Slot& slot = s.slots[id.slot];
    if (!id || slot.connection != nullptr || slot.generation == id.generation) {
        s.world.violation("Connect " + show(id) + ", whose slot or generation is in use");
        return;
    }
    if (s.world.dials) {
        s.world.dials({}, where);
    }
    Site& site = s.sites[where];
    ++site.attempts;
    ++s.open;
    s.most_open = std::max(s.most_open, s.open);

    const Link& link = site.link ? *site.link : s.default_link;
    slot = {.generation = id.generation, .connection = std::make_shared<Connection>(s.world, id, link)};
    slot.connection->start(site.origin, [&site] { return site.accepted++; }, [&s, id] { s.closed(id); });

    const Duration round_trip = link.connect_delay.value_or(2 * link.latency);
    switch (site.kind) {
        case Site::Kind::origin: slot.connection->client().answer_connect(round_trip, {}); break;
        case Site::Kind::refusing:
            slot.connection->client().answer_connect(round_trip, system_error(std::errc::connection_refused));
            break;
        case Site::Kind::nothing:
            slot.connection->client().answer_connect(round_trip, system_error(std::errc::host_unreachable));
            break;
        case Site::Kind::black_hole: break;
    }
}

Written Network::write(ConnId id, std::span<const ConstBuffer> pieces) {
    if (ClientEnd* end = impl_->find(id, "write")) {
        return end->write(pieces);
    }
    return {.state = Written::State::failed, .error = system_error(std::errc::not_connected)};
}

void Network::await_writable(ConnId id) {
    if (ClientEnd* end = impl_->find(id, "await_writable")) {
        end->await_writable();
    }
}

void Network::reading(ConnId id, bool enabled) {
    impl_->world.log("op", [&] { return std::string("reading ") + show(id) + (enabled ? " on" : " off"); });
    if (ClientEnd* end = impl_->find(id, "Reading")) {
        end->reading(enabled);
    }
}

void Network::probe(ConnId id) {
    impl_->world.log("op", [&] { return "probe " + show(id); });
    if (ClientEnd* end = impl_->find(id, "Probe")) {
        end->probe();
    }
}

void Network::shutdown(ConnId id) {
    impl_->world.log("op", [&] { return "shutdown " + show(id); });
    if (ClientEnd* end = impl_->find(id, "Shutdown")) {
        end->shutdown();
    }
}

void Network::close(ConnId id) {
    impl_->world.log("op", [&] { return "close " + show(id); });
    if (ClientEnd* end = impl_->find(id, "Close")) {
        impl_->slots[id.slot].close_asked = true;
        --impl_->open;
        ++impl_->closing;
        end->close();
    }
}

void Network::arm(std::optional<Time> when) { impl_->armed = when; }

}  // namespace ferry::testing
