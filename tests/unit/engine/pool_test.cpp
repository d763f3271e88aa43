#include "core/engine/pool.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace ferry;

namespace {

using Kind = Pool::Decision::Kind;

PoolLimits limits(std::size_t connections, std::size_t keepalive = PoolLimits::none,
                  std::size_t per_origin = PoolLimits::none) {
    return {.max_connections = connections,
            .max_keepalive = keepalive,
            .keepalive_expiry = {},
            .max_per_origin = per_origin};
}

/// "assign r1 c2", "dial a r1": the decisions, taken.
std::vector<std::string> taken(Pool& pool) {
    std::vector<std::string> out;
    for (const auto& d : pool.decisions()) {
        const std::string r = "r" + std::to_string(d.request);
        const std::string c = "c" + std::to_string(d.connection);
        switch (d.kind) {
            case Kind::assign: out.push_back("assign " + r + " " + c); break;
            case Kind::dial: out.push_back("dial " + r); break;
            case Kind::cover: out.push_back("cover " + r + " of r" + std::to_string(d.other)); break;
            case Kind::drop_dial: out.push_back("drop of r" + std::to_string(d.other)); break;
            case Kind::drop_own_dial: out.push_back("drop own of r" + std::to_string(d.other)); break;
            case Kind::close_for_place:
            case Kind::close_surplus: out.push_back("close " + c); break;
        }
    }
    pool.decisions().clear();
    REQUIRE(pool.audit() == "");
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a request gets a dial, and the connection that comes of it") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    REQUIRE(taken(pool) == Texts{"dial r1"});
    pool.dialled(1, 7);
    REQUIRE(taken(pool) == Texts{"assign r1 c7"});
    pool.release(7);
    REQUIRE(taken(pool).empty());
    REQUIRE(pool.idle(7));
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"assign r2 c7"});
}

TEST_CASE("the most recently used idle connection is used first") {
    Pool pool(limits(5));
    const auto a = pool.origin("http://a:80");
    for (std::uint32_t i = 0; i < 3; ++i) {
        pool.want(i, a, i);
        pool.dialled(i, i);
    }
    (void)taken(pool);
    pool.release(1);
    pool.release(2);
    pool.release(0);
    pool.want(9, a, 9);
    pool.want(10, a, 10);
    REQUIRE(taken(pool) == Texts{"assign r9 c0", "assign r10 c2"});
}

TEST_CASE("waiters are served in order, across origins the oldest first") {
    Pool pool(limits(1));
    const auto a = pool.origin("http://a:80");
    const auto b = pool.origin("http://b:80");
    pool.want(1, a, 1);
    pool.dialled(1, 1);
    pool.want(2, b, 2);
    pool.want(3, a, 3);
    REQUIRE(taken(pool) == Texts{"dial r1", "assign r1 c1"});
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"close c1", "dial r2"});
    pool.dialled(2, 2);
    REQUIRE(taken(pool) == Texts{"assign r2 c2"});
    pool.release(2);
    REQUIRE(taken(pool) == Texts{"close c2", "dial r3"});
}

TEST_CASE("an idle connection of another origin makes place when the cap is reached") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    pool.dialled(1, 1);
    pool.dialled(2, 2);
    pool.release(2);
    pool.release(1);
    (void)taken(pool);
    pool.want(3, pool.origin("http://b:80"), 3);
    REQUIRE(taken(pool) == Texts{"close c2", "dial r3"});  // the least recently used one
    REQUIRE(pool.open_count() == 2);
}

TEST_CASE("max_keepalive counts idle connections only") {
    Pool pool(limits(10, 1));
    const auto a = pool.origin("http://a:80");
    for (std::uint32_t i = 0; i < 3; ++i) {
        pool.want(i, a, i);
        pool.dialled(i, i);
    }
    (void)taken(pool);
    pool.release(0);
    REQUIRE(taken(pool).empty());  // two busy ones do not count
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"close c0"});
    REQUIRE(pool.idle(1));
}

TEST_CASE("max_keepalive 0 never keeps a connection, but hands it to who waits") {
    Pool pool(limits(1, 0));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.dialled(1, 1);
    pool.want(2, a, 2);
    (void)taken(pool);
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"assign r2 c1"});
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"close c1"});
}

TEST_CASE("a connection that becomes free goes to the front waiter, and its dial to nobody") {
    Pool pool(limits(3));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.dialled(1, 1);
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"dial r1", "assign r1 c1", "dial r2"});
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"assign r2 c1", "drop of r2"});
    REQUIRE(pool.open_count() == 1);
}

TEST_CASE("a dial goes on while anybody waits for it") {
    Pool pool(limits(1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"dial r1"});
    pool.leave(1, false);
    REQUIRE(taken(pool) == Texts{"cover r2 of r1"});
    pool.leave(2, true);
    REQUIRE(taken(pool) == Texts{"drop own of r2"});
    REQUIRE(pool.origin_count() == 0);
}

TEST_CASE("a failed dial takes its waiter out of the queue, and its place goes to the next") {
    Pool pool(limits(1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    (void)taken(pool);
    pool.dial_failed(1);
    REQUIRE(taken(pool) == Texts{"dial r2"});
    REQUIRE_FALSE(pool.waiting(1));
}

TEST_CASE("a request whose idle connection was dead gets another idle one, or its place") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    pool.dialled(1, 1);
    pool.dialled(2, 2);
    pool.release(1);
    pool.release(2);
    (void)taken(pool);
    pool.want(3, a, 3);
    REQUIRE(taken(pool) == Texts{"assign r3 c2"});
    pool.lost_and_wanted(2, 3, 3);
    REQUIRE(taken(pool) == Texts{"assign r3 c1"});
    pool.want(4, a, 4);
    REQUIRE(taken(pool) == Texts{"dial r4"});
    pool.lost_and_wanted(1, 3, 3);
    REQUIRE(taken(pool) == Texts{"dial r3"});
    pool.dialled(4, 5);
    REQUIRE(taken(pool) == Texts{"assign r3 c5", "cover r4 of r3"});  // ahead of those that are younger
}

TEST_CASE("the first connection goes to the front waiter, whose own dial goes on for who lost his") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"dial r1", "dial r2"});
    pool.dialled(2, 7);
    REQUIRE(taken(pool) == Texts{"assign r1 c7", "cover r2 of r1"});
    pool.dialled(2, 8);
    REQUIRE(taken(pool) == Texts{"assign r2 c8"});
}

TEST_CASE("requests that return to their queue stand in order of age") {
    Pool pool(limits(3));
    const auto a = pool.origin("http://a:80");
    for (std::uint32_t i = 1; i <= 3; ++i) {
        pool.want(i, a, i);
        pool.dialled(i, i);
    }
    (void)taken(pool);
    for (const std::uint32_t i : {2U, 3U, 1U}) {
        pool.lost_and_wanted(i, i, i);
    }
    REQUIRE(taken(pool) == Texts{"dial r2", "dial r3", "dial r1"});
    pool.dialled(3, 4);
    pool.dialled(3, 5);
    pool.dialled(3, 6);
    REQUIRE(taken(pool) == Texts{"assign r1 c4", "cover r3 of r1", "assign r2 c5", "cover r3 of r2", "assign r3 c6"});
}

TEST_CASE("max_per_origin holds an origin's own requests, and nobody else's") {
    Pool pool(limits(3, PoolLimits::none, 1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    pool.want(3, a, 3);
    pool.want(4, pool.origin("http://b:80"), 4);
    REQUIRE(taken(pool) == Texts{"dial r1", "dial r4"});
    pool.dialled(1, 1);
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"assign r1 c1", "assign r2 c1"});
    pool.lost(1);
    REQUIRE(taken(pool) == Texts{"dial r3"});
}

TEST_CASE("who was held goes by age among all who wait, once the origin's cap lets it through") {
    Pool pool(limits(2, PoolLimits::none, 1));
    const auto a = pool.origin("http://a:80");
    const auto b = pool.origin("http://b:80");
    const auto c = pool.origin("http://c:80");
    const auto d = pool.origin("http://d:80");
    pool.want(1, a, 1);
    pool.want(2, b, 2);
    pool.dialled(1, 1);
    pool.dialled(2, 2);
    pool.want(3, c, 3);  // listed: it needs a place only
    pool.want(4, a, 4);  // held
    pool.want(5, d, 5);  // listed
    (void)taken(pool);
    pool.lost(1);  // to the oldest of all; now r4 is listed, before r5 that was so earlier
    REQUIRE(taken(pool) == Texts{"dial r3"});
    pool.lost(2);
    REQUIRE(taken(pool) == Texts{"dial r4"});
    pool.dial_failed(3);
    REQUIRE(taken(pool) == Texts{"dial r5"});
}

TEST_CASE("a waiter that gives up lets the next of its origin be listed") {
    Pool pool(limits(1, PoolLimits::none, 1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, pool.origin("http://b:80"), 1);
    pool.dialled(1, 1);
    pool.want(2, a, 2);
    pool.want(3, a, 3);
    (void)taken(pool);
    pool.leave(2, false);
    REQUIRE(taken(pool).empty());
    pool.lost(1);
    REQUIRE(taken(pool) == Texts{"dial r3"});
}

TEST_CASE("a spare place is one that nobody else can have, and is given back") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    REQUIRE(pool.take_spare(a));
    REQUIRE_FALSE(pool.take_spare(a));
    REQUIRE(pool.open_count() == 2);
    pool.want(2, pool.origin("http://b:80"), 2);
    REQUIRE(taken(pool) == Texts{"dial r1"});
    pool.return_spare(a);
    REQUIRE(taken(pool) == Texts{"dial r2"});
    REQUIRE_FALSE(pool.take_spare(a));
}

TEST_CASE("an origin whose dial was given up is forgotten with its spare place") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    REQUIRE(pool.take_spare(a));
    (void)taken(pool);
    pool.leave(1, false);
    REQUIRE(pool.origin_count() == 1);
    pool.return_spare(a);
    REQUIRE(taken(pool) == Texts{"drop of r1"});
    REQUIRE(pool.origin_count() == 0);
}

TEST_CASE("a spare place may be that of an idle connection, but not beyond max_per_origin") {
    Pool pool(limits(2, PoolLimits::none, 1));
    pool.want(1, pool.origin("http://b:80"), 1);
    pool.dialled(1, 1);
    pool.release(1);
    const auto a = pool.origin("http://a:80");
    pool.want(2, a, 2);
    (void)taken(pool);
    REQUIRE_FALSE(pool.take_spare(a));
    Pool wide(limits(2));
    wide.want(1, wide.origin("http://b:80"), 1);
    wide.dialled(1, 1);
    wide.release(1);
    const auto w = wide.origin("http://a:80");
    wide.want(2, w, 2);
    (void)taken(wide);
    REQUIRE(wide.take_spare(w));
    REQUIRE(taken(wide) == Texts{"close c1"});
}

TEST_CASE("any sequence of events keeps the invariants and loses nobody") {
    for (unsigned seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto cap = 1 + random() % 6;
        const auto per_origin = random() % 2 == 0 ? PoolLimits::none : 1 + random() % 3;
        Pool pool(limits(cap, random() % 3 == 0 ? PoolLimits::none : random() % 4, per_origin));
        std::map<std::uint32_t, std::uint64_t> waiting;   // request → age
        std::map<std::uint32_t, std::uint32_t> busy;      // connection → request
        std::map<std::uint32_t, std::uint64_t> ages;      // of requests on connections
        std::map<std::uint32_t, std::string> place;       // connection → origin key
        std::map<std::uint32_t, std::string> wants;       // request → origin key
        std::map<std::uint32_t, std::uint32_t> dialling;  // request → dial, of any number
        std::map<std::uint32_t, std::size_t> spares;      // dial → spare places
        std::vector<std::uint32_t> idle;
        std::uint32_t next_request = 0;
        std::uint32_t next_connection = 0;
        std::uint32_t next_dial = 0;
        std::uint64_t age = 0;
        const auto end_dial = [&](std::uint32_t dial, const std::string& key) {
            for (; spares[dial] > 0; --spares[dial]) {
                pool.return_spare(pool.origin(key));
            }
            spares.erase(dial);
        };
        const auto follow = [&] {
            for (std::size_t i = 0; i < pool.decisions().size(); ++i) {
                const auto d = pool.decisions()[i];
                switch (d.kind) {
                    case Kind::assign:
                        REQUIRE_FALSE(busy.contains(d.connection));
                        REQUIRE(place.at(d.connection) == wants.at(d.request));
                        for (const auto& [other, its_age] : waiting) {  // FIFO within an origin
                            if (other != d.request && wants.at(other) == wants.at(d.request) &&
                                waiting.contains(d.request)) {
                                REQUIRE(its_age > waiting.at(d.request));
                            }
                        }
                        std::erase(idle, d.connection);
                        ages[d.request] = waiting.contains(d.request) ? waiting.at(d.request) : ages.at(d.request);
                        waiting.erase(d.request);
                        busy[d.connection] = d.request;
                        break;
                    case Kind::dial:
                        REQUIRE(waiting.contains(d.request));
                        REQUIRE(dialling.emplace(d.request, next_dial++).second);
                        break;
                    case Kind::cover:
                        REQUIRE(waiting.contains(d.request));
                        REQUIRE(dialling.emplace(d.request, dialling.at(d.other)).second);
                        dialling.erase(d.other);
                        break;
                    case Kind::close_for_place:
                    case Kind::close_surplus:
                        REQUIRE_FALSE(busy.contains(d.connection));
                        std::erase(idle, d.connection);
                        place.erase(d.connection);
                        break;
                    case Kind::drop_dial:
                    case Kind::drop_own_dial:
                        end_dial(dialling.at(d.other), wants.at(d.other));
                        dialling.erase(d.other);
                        break;
                }
            }
            pool.decisions().clear();
        };
        for (int step = 0; step < 300; ++step) {
            const auto pick = random() % 9;
            if (pick <= 2) {
                const std::string key = "http://" + std::string(1, static_cast<char>('a' + random() % 3)) + ":80";
                const std::uint32_t request = next_request++;
                waiting[request] = age;
                wants[request] = key;
                pool.want(request, pool.origin(key), age++);
            } else if (pick == 3 && !waiting.empty()) {
                auto it = waiting.begin();
                std::advance(it, random() % waiting.size());
                const std::uint32_t request = it->first;
                waiting.erase(it);
                pool.leave(request, random() % 2 == 0);
            } else if (pick <= 6 && !dialling.empty()) {
                auto it = dialling.begin();
                std::advance(it, random() % dialling.size());
                const auto [request, dial] = *it;
                const std::string key = wants.at(request);
                switch (random() % 6) {
                    case 0:
                        end_dial(dial, key);
                        follow();
                        waiting.erase(request);
                        dialling.erase(request);
                        pool.dial_failed(request);
                        break;
                    case 1:
                        if (pool.take_spare(pool.origin(key))) {
                            ++spares[dial];
                        }
                        break;
                    default:
                        end_dial(dial, key);
                        follow();
                        dialling.erase(request);
                        place[next_connection] = key;
                        pool.dialled(request, next_connection++);
                        break;
                }
            } else if (!busy.empty()) {
                auto it = busy.begin();
                std::advance(it, random() % busy.size());
                const auto [connection, request] = *it;
                busy.erase(it);
                switch (random() % 4) {
                    case 0:
                        place.erase(connection);
                        pool.lost(connection);
                        break;
                    case 1:
                        place.erase(connection);
                        waiting[request] = ages.at(request);
                        pool.lost_and_wanted(connection, request, ages.at(request));
                        break;
                    default:
                        idle.push_back(connection);
                        pool.release(connection);
                        break;
                }
            }
            follow();
            std::erase_if(idle, [&](std::uint32_t connection) { return busy.contains(connection); });
            REQUIRE(pool.audit() == "");
            REQUIRE(pool.waiting_count() == waiting.size());
            REQUIRE(pool.idle_count() == idle.size());
            REQUIRE(pool.dial_count() == dialling.size());
            std::size_t spare = 0;
            for (const auto& [dial, count] : spares) {
                spare += count;
            }
            REQUIRE(pool.spare_count() == spare);
            REQUIRE(pool.open_count() == dialling.size() + spare + idle.size() + busy.size());
            REQUIRE(pool.open_count() <= cap);
            for (const auto& [request, dial] : dialling) {
                REQUIRE(pool.covered(request));
            }
        }
    }
}
