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

PoolLimits limits(std::size_t connections, std::size_t keepalive = PoolLimits::none) {
    return {.max_connections = connections, .max_keepalive = keepalive, .keepalive_expiry = {}};
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
            case Kind::cover: out.push_back("cover " + r); break;
            case Kind::fail: out.push_back("fail " + r); break;
            case Kind::close: out.push_back("close " + c); break;
            case Kind::cancel_newest_dial: out.push_back("cancel newest"); break;
            case Kind::cancel_oldest_dial: out.push_back("cancel oldest"); break;
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
    pool.dialled(a, 7);
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
        pool.dialled(a, i);
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
    pool.dialled(a, 1);
    pool.want(2, b, 2);
    pool.want(3, a, 3);
    REQUIRE(taken(pool) == Texts{"dial r1", "assign r1 c1"});
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"close c1", "dial r2"});
    pool.dialled(b, 2);
    REQUIRE(taken(pool) == Texts{"assign r2 c2"});
    pool.release(2);
    REQUIRE(taken(pool) == Texts{"close c2", "dial r3"});
}

TEST_CASE("an idle connection of another origin makes place when the cap is reached") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    pool.dialled(a, 1);
    pool.dialled(a, 2);
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
        pool.dialled(a, i);
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
    pool.dialled(a, 1);
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
    pool.dialled(a, 1);
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"dial r1", "assign r1 c1", "dial r2"});
    pool.release(1);
    REQUIRE(taken(pool) == Texts{"assign r2 c1", "cancel newest"});
    REQUIRE(pool.open_count() == 1);
}

TEST_CASE("a dial goes on while anybody waits for it") {
    Pool pool(limits(1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    REQUIRE(taken(pool) == Texts{"dial r1"});
    pool.leave(1, false);
    REQUIRE(taken(pool) == Texts{"cover r2"});
    pool.leave(2, true);
    REQUIRE(taken(pool) == Texts{"cancel oldest"});
    REQUIRE(pool.origin_count() == 0);
}

TEST_CASE("a failed dial fails the front waiter and gives its place to the next") {
    Pool pool(limits(1));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    (void)taken(pool);
    pool.dial_failed(a);
    REQUIRE(taken(pool) == Texts{"fail r1", "dial r2"});
}

TEST_CASE("a request whose idle connection was dead gets another idle one, or its place") {
    Pool pool(limits(2));
    const auto a = pool.origin("http://a:80");
    pool.want(1, a, 1);
    pool.want(2, a, 2);
    pool.dialled(a, 1);
    pool.dialled(a, 2);
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
    pool.dialled(a, 5);
    REQUIRE(taken(pool) == Texts{"assign r3 c5"});  // ahead of those that are younger
}

TEST_CASE("any sequence of events keeps the invariants and loses nobody") {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto cap = 1 + random() % 6;
        Pool pool(limits(cap, random() % 3 == 0 ? PoolLimits::none : random() % 4));
        std::map<std::uint32_t, std::uint64_t> waiting;  // request → age
        std::map<std::uint32_t, std::uint32_t> busy;     // connection → request
        std::map<std::uint32_t, std::uint64_t> ages;     // of requests on connections
        std::map<std::uint32_t, std::string> place;      // connection → origin key
        std::vector<std::uint32_t> idle;
        std::map<std::string, std::size_t> dials;
        std::map<std::uint32_t, std::string> wants;  // request → origin key
        std::uint32_t next_request = 0;
        std::uint32_t next_connection = 0;
        std::uint64_t age = 0;
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
                    case Kind::dial: ++dials[pool.key(d.origin)]; break;
                    case Kind::cover: REQUIRE(waiting.contains(d.request)); break;
                    case Kind::fail: REQUIRE(waiting.erase(d.request) == 1); break;
                    case Kind::close:
                        REQUIRE_FALSE(busy.contains(d.connection));
                        std::erase(idle, d.connection);
                        place.erase(d.connection);
                        break;
                    case Kind::cancel_newest_dial:
                    case Kind::cancel_oldest_dial: break;
                }
            }
            pool.decisions().clear();
        };
        const auto drop_cancelled = [&](const std::string& key) {
            for (const auto& d : pool.decisions()) {
                if (d.kind == Kind::cancel_newest_dial || d.kind == Kind::cancel_oldest_dial) {
                    --dials[key];
                }
            }
        };
        for (int step = 0; step < 300; ++step) {
            const auto pick = random() % 8;
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
                drop_cancelled(wants.at(request));
            } else if (pick <= 5) {
                std::vector<std::string> live;
                for (const auto& [key, count] : dials) {
                    if (count > 0) {
                        live.push_back(key);
                    }
                }
                if (!live.empty()) {
                    const std::string key = live[random() % live.size()];
                    --dials[key];
                    if (random() % 4 == 0) {
                        pool.dial_failed(pool.origin(key));
                    } else {
                        place[next_connection] = key;
                        pool.dialled(pool.origin(key), next_connection++);
                    }
                }
            } else if (!busy.empty()) {
                auto it = busy.begin();
                std::advance(it, random() % busy.size());
                const auto [connection, request] = *it;
                const std::string key = place.at(connection);
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
                        drop_cancelled(key);
                        break;
                }
            }
            follow();
            std::erase_if(idle, [&](std::uint32_t connection) { return busy.contains(connection); });
            REQUIRE(pool.audit() == "");
            REQUIRE(pool.waiting_count() == waiting.size());
            REQUIRE(pool.idle_count() == idle.size());
            std::size_t dialling = 0;
            for (const auto& [key, count] : dials) {
                dialling += count;
            }
            REQUIRE(pool.dial_count() == dialling);
            REQUIRE(pool.open_count() == dialling + idle.size() + busy.size());
            REQUIRE(pool.open_count() <= cap);
        }
    }
}
