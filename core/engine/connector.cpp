#include "core/engine/connector.hpp"

namespace ferry {

LookupId Connector::begin(Time now, std::uint32_t origin, std::string_view host, std::uint16_t port,
                          const std::string& socket_path) {
    const LookupId id = dials_.emplace();
    Dial& dial = *dials_.get(id);
    dial.origin = origin;
    dial.host = host;
    dial.port = port;
    dial.began = now;
    if (!socket_path.empty()) {
        Endpoint local;
        local.family = Endpoint::Family::local;
        local.path = socket_path;
        dial.endpoints.push_back(std::move(local));
    } else if (auto address = parse_address(host, port)) {
        dial.endpoints.push_back(*std::move(address));
    }
    if (origin >= by_origin_.size()) {
        by_origin_.resize(origin + std::size_t{1});
    }
    Ends& ends = by_origin_[origin];
    dial.older = ends.newest;
    Dial* older = dials_.get(dial.older);
    (older != nullptr ? older->newer : ends.oldest) = id;
    ends.newest = id;
    return id;
}

Connector::Step Connector::first_step(LookupId id) {
    Dial* dial = dials_.get(id);
    if (dial == nullptr) {
        return Step::ignore;
    }
    return dial->endpoints.empty() ? Step::lookup : next_endpoint(*dial);
}

Connector::Step Connector::resolved(Time now, LookupId id, std::span<const Endpoint> endpoints, std::error_code error) {
    Dial* dial = dials_.get(id);
    if (dial == nullptr || dial->state != Dial::State::looking_up) {
        return Step::ignore;
    }
    dial->resolved = now;
    if (error || endpoints.empty()) {
        dial->failure = Errc::name_resolution_failed;
        dial->cause = error;
        return Step::failed;
    }
    dial->endpoints.assign(endpoints.begin(), endpoints.end());
    return next_endpoint(*dial);
}

Connector::Step Connector::attempt_failed(LookupId id, std::error_code why) {
    Dial* dial = dials_.get(id);
    if (dial == nullptr || dial->state != Dial::State::connecting) {
        return Step::ignore;
    }
    dial->failure = Errc::connect_failed;
    dial->cause = why;
    return next_endpoint(*dial);
}

Connector::Step Connector::next_endpoint(Dial& dial) {
    dial.connection = {};
    if (dial.tried == dial.endpoints.size()) {
        return Step::failed;
    }
    dial.state = Dial::State::connecting;
    ++dial.tried;
    return Step::connect;
}

void Connector::end(LookupId id) {
    const Dial* dial = dials_.get(id);
    if (dial == nullptr) {
        return;
    }
    Ends& ends = by_origin_[dial->origin];
    Dial* older = dials_.get(dial->older);
    Dial* newer = dials_.get(dial->newer);
    (older != nullptr ? older->newer : ends.oldest) = dial->newer;
    (newer != nullptr ? newer->older : ends.newest) = dial->older;
    dials_.erase(id);
}

LookupId Connector::oldest(std::uint32_t origin) const noexcept {
    return origin < by_origin_.size() ? by_origin_[origin].oldest : LookupId{};
}

LookupId Connector::newest(std::uint32_t origin) const noexcept {
    return origin < by_origin_.size() ? by_origin_[origin].newest : LookupId{};
}

}  // namespace ferry
