#include "core/engine/lookups.hpp"

#include "core/engine/burst.hpp"

#include <utility>

namespace ferry {

namespace {
std::string table_key(std::string_view host, std::uint16_t port) {
    return std::string(host).append(":").append(std::to_string(port));
}
}  // namespace

Lookups::Lookups(std::span<const HostAddresses> table) {
    for (const HostAddresses& entry : table) {
        if (!entry.endpoints.empty()) {
            table_.insert_or_assign(table_key(entry.host, entry.port), entry.endpoints);
        }
    }
}

Lookups::Known Lookups::find(Time now, std::string_view host, std::uint16_t port) {
    if (!table_.empty()) {
        for (const std::uint16_t wanted : {port, std::uint16_t{0}}) {
            if (const auto found = table_.find(table_key(host, wanted)); found != table_.end()) {
                return {.endpoints = &found->second, .cached = false};
            }
        }
    }
    const auto found = cached_.find(host);
    if (found == cached_.end()) {
        return {};
    }
    if (found->second->expires <= now) {
        forget(host);
        return {};
    }
    return {.endpoints = &found->second->endpoints, .cached = true};
}

Lookups::Joined Lookups::join(std::uint32_t asker, std::string_view host) {
    Joined joined;
    if (const auto found = by_host_.find(host); found != by_host_.end()) {
        joined.id = found->second;
    } else {
        joined.id = lookups_.emplace(Lookup{.host = std::string(host)});
        joined.began = true;
        by_host_.emplace(host, joined.id);
    }
    if (asker >= askers_.size()) {
        askers_.resize(asker + std::size_t{1});
    }
    Lookup& lookup = *lookups_.get(joined.id);
    askers_[asker] = {.lookup = joined.id, .previous = lookup.last, .next = none};
    (lookup.last == none ? lookup.first : askers_[lookup.last].next) = asker;
    lookup.last = asker;
    return joined;
}

std::optional<LookupId> Lookups::leave(std::uint32_t asker) {
    if (asker >= askers_.size()) {
        return std::nullopt;
    }
    const Asker gone = std::exchange(askers_[asker], {});
    Lookup* lookup = lookups_.get(gone.lookup);
    if (lookup == nullptr) {
        return std::nullopt;
    }
    (gone.previous == none ? lookup->first : askers_[gone.previous].next) = gone.next;
    (gone.next == none ? lookup->last : askers_[gone.next].previous) = gone.previous;
    if (lookup->first != none) {
        return std::nullopt;
    }
    by_host_.erase(by_host_.find(lookup->host));
    lookups_.erase(gone.lookup);
    return gone.lookup;
}

std::span<const std::uint32_t> Lookups::answered(Time now, LookupId id, std::span<const Endpoint> endpoints) {
    answered_.clear();
    const Lookup* lookup = lookups_.get(id);
    if (lookup == nullptr) {
        return {};
    }
    if (!endpoints.empty()) {
        keep(now, lookup->host, endpoints);
    }
    for (std::uint32_t asker = lookup->first; asker != none;) {
        answered_.push_back(asker);
        asker = std::exchange(askers_[asker], {}).next;
    }
    by_host_.erase(by_host_.find(lookup->host));
    lookups_.erase(id);
    return answered_;
}

void Lookups::give_back() {
    if (lookups_.size() == 0) {
        ferry::give_back(askers_);
        ferry::give_back(answered_);
    }
}

/// All live equally long, so the oldest answers are the first to be stale.
void Lookups::keep(Time now, std::string_view host, std::span<const Endpoint> endpoints) {
    forget(host);
    while (!cache_.empty() && (cache_.size() >= capacity || cache_.front().expires <= now)) {
        forget(std::string(cache_.front().host));
    }
    cache_.push_back({.host = std::string(host),
                      .endpoints = {endpoints.begin(), endpoints.end()},
                      .expires = saturating_add(now, lifetime)});
    cached_.emplace(host, std::prev(cache_.end()));
}

void Lookups::forget(std::string_view host) {
    if (const auto found = cached_.find(host); found != cached_.end()) {
        cache_.erase(found->second);
        cached_.erase(found);
    }
}

std::string_view Lookups::host(LookupId id) const noexcept {
    const Lookup* lookup = lookups_.get(id);
    return lookup == nullptr ? std::string_view() : std::string_view(lookup->host);
}

std::string Lookups::dump() const {
    std::string out;
    lookups_.each([&](LookupId id, const Lookup& lookup) {
        std::size_t askers = 0;
        for (std::uint32_t asker = lookup.first; asker != none; asker = askers_[asker].next) {
            ++askers;
        }
        out += "lookup #" + std::to_string(id.slot) + "." + std::to_string(id.generation) + " " + lookup.host +
               ", for " + std::to_string(askers) + " dials\n";
    });
    return out;
}

std::string Lookups::audit() const {
    std::string fault;
    std::size_t linked = 0;
    lookups_.each([&](LookupId id, const Lookup& lookup) {
        if (lookup.first == none) {
            fault = "nobody waits for the lookup of " + lookup.host;
        }
        const auto found = by_host_.find(lookup.host);
        if (found == by_host_.end() || found->second != id) {
            fault = "the lookup of " + lookup.host + " cannot be found";
        }
        for (std::uint32_t asker = lookup.first; asker != none; asker = askers_[asker].next) {
            ++linked;
            if (askers_[asker].lookup != id) {
                fault = "a dial waits for another lookup than that of " + lookup.host;
            }
        }
    });
    for (const Asker& asker : askers_) {
        linked -= asker.lookup ? 1U : 0U;
    }
    if (fault.empty() && (linked != 0 || by_host_.size() != lookups_.size() || cached_.size() != cache_.size() ||
                          cache_.size() > capacity)) {
        fault = "the lookups do not agree with a recount";
    }
    return fault;
}

}  // namespace ferry
