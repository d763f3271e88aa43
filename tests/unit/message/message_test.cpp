#include <ferry/message.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

TEST_CASE("versions are written as their RFCs write them") {
    using ferry::Version;
    CHECK(to_string(Version{1, 0}) == "HTTP/1.0");
    CHECK(to_string(Version{}) == "HTTP/1.1");
    CHECK(to_string(Version{2, 0}) == "HTTP/2");
    CHECK(to_string(Version{3, 0}) == "HTTP/3");
    CHECK(to_string(Version{9, 0}) == "HTTP/9");
    CHECK(to_string(Version{0, 9}) == "HTTP/0.9");
    CHECK(to_string(Version{2, 7}) == "HTTP/2.7");
    CHECK(to_string(Version{9, 9}) == "HTTP/9.9");
    CHECK(to_string(Version{10, 0}) == "HTTP/?");
    CHECK(to_string(Version{1, 10}) == "HTTP/?");
    CHECK(Version{1, 0} < Version{1, 1});
    CHECK(Version{1, 1} < Version{2, 0});
}

TEST_CASE("registered status codes have a phrase of their own, others none") {
    const std::set<int> registered = {100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301,
                                      302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
                                      410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428,
                                      429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511};
    std::set<std::string_view> phrases;
    for (int status = -1; status < 1100; ++status) {
        CAPTURE(status);
        CHECK(ferry::reason_phrase(status).empty() == !registered.contains(status));
        phrases.insert(ferry::reason_phrase(status));
    }
    CHECK(phrases.size() == registered.size() + 1);
    CHECK(ferry::reason_phrase(404) == "Not Found");
    CHECK(ferry::reason_phrase(413) == "Content Too Large");
}

TEST_CASE("safe and idempotent methods") {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}) {
        CHECK(ferry::is_safe(method));
        CHECK(ferry::is_idempotent(method));
    }
    for (const char* method : {"PUT", "DELETE"}) {
        CHECK_FALSE(ferry::is_safe(method));
        CHECK(ferry::is_idempotent(method));
    }
    // RFC 9110 section 9.1: with case.
    for (const char* method : {"POST", "PATCH", "CONNECT", "get", "", "GETS"}) {
        CHECK_FALSE(ferry::is_safe(method));
        CHECK_FALSE(ferry::is_idempotent(method));
    }
}
