#include <ferry/exceptions.hpp>
#include <ferry/url.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <random>
#include <string>

using ferry::Url;

TEST_CASE("URLs are normalised") {
    struct Row {
        const char* text;
        const char* normal;
    };
    const Row rows[] = {
        {"", ""},
        {"http://example.com", "http://example.com/"},
        {"HTTP://EXAMPLE.com/Path", "http://example.com/Path"},
        {"http://example.com:80/", "http://example.com/"},
        {"https://example.com:443/", "https://example.com/"},
        {"ws://a:80", "ws://a/"},
        {"wss://a:443", "wss://a/"},
        {"ftp://a:21/x", "ftp://a/x"},
        {"socks5://a:1080", "socks5://a/"},
        {"http://a:443/", "http://a:443/"},
        {"foo://a:80/", "foo://a:80/"},
        {"http://a:/", "http://a/"},
        {"http://a:00080/", "http://a/"},
        {"http://a:0000000065535/", "http://a:65535/"},
        {"http://a:1", "http://a:1/"},
        {"http://a?q", "http://a/?q"},
        {"http://a#f", "http://a/#f"},
        {"http://a/?", "http://a/?"},
        {"http://a/#", "http://a/#"},
        {"http://a/?#", "http://a/?#"},
        {"http://a/?a?b", "http://a/?a?b"},
        {"http://a/#a#b?c", "http://a/#a#b?c"},
        {"http://a//b///c", "http://a//b///c"},
        {"http://@a/", "http://a/"},
        {"http://:@a/", "http://:@a/"},
        {"http://a_b-c.d~e/", "http://a_b-c.d~e/"},
        {"http://a!$&'()*+,;=/", "http://a!$&'()*+,;=/"},
        {"http://example.com./", "http://example.com./"},
        // Dot segments (RFC 3986 section 5.2.4); what is encoded is no dot.
        {"http://a/b/../c/./d", "http://a/c/d"},
        {"http://a/../../b", "http://a/b"},
        {"http://a/b/.", "http://a/b/"},
        {"http://a/b/..", "http://a/"},
        {"http://a/..", "http://a/"},
        {"http://a/.", "http://a/"},
        {"http://a/b//../c", "http://a/b/c"},
        {"http://a/.b/..c/d../...", "http://a/.b/..c/d../..."},
        {"http://a/b/%2e%2E/c", "http://a/b/%2e%2E/c"},
        {"http://a/?/../b#/../c", "http://a/?/../b#/../c"},
        // Encoding, per component.
        {"http://a/!$&'()*+,;= aZ9:/[]@|^\\", "http://a/!$&'()*+,;=%20aZ9:/[]@|^\\"},
        {"http://a/\"<>`{}", "http://a/%22%3C%3E%60%7B%7D"},
        {"http://a/?!$&'()*+,;= :/[]@?`{}|^\\", "http://a/?!$&'()*+,;=%20:/[]@?`{}|^\\"},
        {"http://a/?\"<>", "http://a/?%22%3C%3E"},
        {"http://a/#!$&'()*+,;= :/[]@?#{}|^\\", "http://a/#!$&'()*+,;=%20:/[]@?#{}|^\\"},
        {"http://a/#\"<>`", "http://a/#%22%3C%3E%60"},
        {"http://a/%61%6a%6A", "http://a/%61%6a%6A"},
        {"http://a/%/%4/%zz/%4g", "http://a/%25/%254/%25zz/%254g"},
        {"http://a/%%41", "http://a/%25%41"},
        {"http://a/100%?b=50%", "http://a/100%25?b=50%25"},
        {"http://a/ /\xF0\x9F\x8C\x9F/", "http://a/%20/%F0%9F%8C%9F/"},
        {"http://a/\xFF?\xC3", "http://a/%FF?%C3"},
        {"http://a/?u=phrase%20with spaces", "http://a/?u=phrase%20with%20spaces"},
        {"http://u;=[]\\^|`{}\":p@a/", nullptr},
        {"http://u;=[]^|`{}\":p q@a/", "http://u%3B%3D%5B%5D%5E%7C%60%7B%7D%22:p%20q@a/"},
        {"http://user@mail.com:p@ss@a:8080/@b", "http://user%40mail.com:p%40ss@a:8080/@b"},
        {"http://u:p:q@a/", "http://u:p:q@a/"},
        // Relative references keep their dots.
        {"../a/./b", "../a/./b"},
        {"/a/../b", "/a/../b"},
        {"?q", "?q"},
        {"#f", "#f"},
        {"a b", "a%20b"},
        {"./a:b", "./a:b"},
        {"a/b:c", "a/b:c"},
        {"//H:80/x/../y", "//h:80/y"},
        {"///x", "///x"},
        // Other schemes.
        {"mailto:a@b.c", "mailto:a@b.c"},
        {"localhost:8000/x", "localhost:8000/x"},
        {"file:///a/../b", "file:///b"},
        {"file:/a/..//b", "file:/.//b"},
        {"urn:a/../b", "urn:a/../b"},
        {"x+1-2.3:", "x+1-2.3:"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto url = Url::parse(row.text);
        REQUIRE(url.has_value() == (row.normal != nullptr));
        if (row.normal != nullptr) {
            CHECK(url->str() == row.normal);
            CHECK(Url(row.normal).str() == row.normal);
        }
    }
}

TEST_CASE("the parts of a URL") {
    const Url url("HTTPS://us%20er:p%40ss@EXAMPLE.com:8443/a%20b/c?d=e%20f#g%20h");
    CHECK(url.scheme() == "https");
    CHECK(url.userinfo() == "us%20er:p%40ss");
    CHECK(url.username() == "us er");
    CHECK(url.password() == "p@ss");
    CHECK(url.host() == "example.com");
    CHECK(url.raw_host() == "example.com");
    CHECK(url.port() == 8443);
    CHECK(url.effective_port() == 8443);
    CHECK(url.netloc() == "example.com:8443");
    CHECK(url.path() == "/a b/c");
    CHECK(url.raw_path() == "/a%20b/c?d=e%20f");
    CHECK(url.query() == "d=e%20f");
    CHECK(url.params() == ferry::Params{{"d", "e f"}});
    CHECK(url.fragment() == "g%20h");
    CHECK(url.is_absolute_url());
    CHECK_FALSE(url.is_relative_url());
    CHECK(url.origin() == ferry::Origin{"https", "example.com", 8443});
    CHECK(url.display() == "https://us%20er:[secure]@example.com:8443/a%20b/c?d=e%20f#g%20h");
}

TEST_CASE("the parts that a URL does not have are empty") {
    const Url empty;
    CHECK(empty.str().empty());
    CHECK(empty.is_relative_url());
    CHECK(empty == Url(""));

    const Url url("http://example.com");
    CHECK(url.userinfo().empty());
    CHECK(url.username().empty());
    CHECK(url.password().empty());
    CHECK_FALSE(url.port());
    CHECK(url.effective_port() == 80);
    CHECK(url.netloc() == "example.com");
    CHECK(url.path() == "/");
    CHECK(url.raw_path() == "/");
    CHECK(url.query().empty());
    CHECK(url.fragment().empty());
    CHECK(url.display() == url.str());

    const Url relative("a/b?c#d");
    CHECK(relative.is_relative_url());
    CHECK(relative.scheme().empty());
    CHECK(relative.netloc().empty());
    CHECK(relative.path() == "a/b");
    CHECK(relative.raw_path() == "a/b?c");
    CHECK(relative.effective_port() == 0);

    CHECK(Url("//h/x").is_relative_url());
    CHECK(Url("mailto:x").is_relative_url());
    CHECK(Url("http://user@h/").display() == "http://user@h/");
    CHECK(Url("http://user@h/").password().empty());
    CHECK(Url("http://:pw@h/").username().empty());
    CHECK(Url("http://:pw@h/").password() == "pw");
}

TEST_CASE("default ports make no difference to the origin") {
    CHECK(Url("http://h:80/").origin() == Url("http://H/x").origin());
    CHECK(Url("http://h:443/").origin() != Url("https://h/").origin());
    CHECK(Url("https://h/").effective_port() == 443);
    CHECK(Url("wss://h/").effective_port() == 443);
    CHECK(Url("ftp://h/").effective_port() == 21);
    CHECK(Url("socks5h://h/").effective_port() == 1080);
    CHECK(Url("foo://h/").effective_port() == 0);
}

TEST_CASE("what is no URL is refused, and the sentence says why") {
    struct Row {
        std::string text;
        const char* message;
    };
    using namespace std::string_literals;
    const Row rows[] = {
        {"http://", "invalid URL \"http://\": it has no host"},
        {"http:///x", "invalid URL \"http:///x\": it has no host"},
        {"http:/x", "invalid URL \"http:/x\": it has no host"},
        {"http:x", "invalid URL \"http:x\": it has no host"},
        {"http:", "invalid URL \"http:\": it has no host"},
        {"https://?q", "invalid URL \"https://?q\": it has no host"},
        {"https://:443/", "invalid URL \"https://:443/\": it has no host"},
        {"https://user@/", "invalid URL \"https://user@/\": it has no host"},
        {"foo://:1/", "invalid URL \"foo://:1/\": it has no host"},
        {"foo://user@/", "invalid URL \"foo://user@/\": it has no host"},
        {"http:\\\\h\\x", "invalid URL \"http:\\\\h\\x\": it has no host"},
        {"http://a:99999/", "invalid URL \"http://a:99999/\": its port is not a number from 1 to 65535"},
        {"http://a:65536/", "invalid URL \"http://a:65536/\": its port is not a number from 1 to 65535"},
        {"http://a:0/", "invalid URL \"http://a:0/\": its port is not a number from 1 to 65535"},
        {"http://a:-1/", "invalid URL \"http://a:-1/\": its port is not a number from 1 to 65535"},
        {"http://a:+1/", "invalid URL \"http://a:+1/\": its port is not a number from 1 to 65535"},
        {"http://a:8a/", "invalid URL \"http://a:8a/\": its port is not a number from 1 to 65535"},
        {"http://a: 80/", "invalid URL \"http://a: 80/\": its port is not a number from 1 to 65535"},
        {"http://a:b:80/", "invalid URL \"http://a:b:80/\": its port is not a number from 1 to 65535"},
        {"http://a\\b/", "invalid URL \"http://a\\b/\": it has a backslash before its path"},
        {"http://a\\@b/", "invalid URL \"http://a\\@b/\": it has a backslash before its path"},
        {"http://a/\n", "invalid URL \"http://a/\\x0a\": it has a line feed at byte 9"},
        {"http://a/\t", "invalid URL \"http://a/\\x09\": it has a tab at byte 9"},
        {"http://a\r\n/", "invalid URL \"http://a\\x0d\\x0a/\": it has a carriage return at byte 8"},
        {"http://a/\0"s, "invalid URL \"http://a/\\x00\": it has a NUL at byte 9"},
        {"http://a/\x7f", "invalid URL \"http://a/\\x7f\": it has the byte 0x7f at byte 9"},
        {"://a", "invalid URL \"://a\": its scheme is missing"},
        {":a", "invalid URL \":a\": its scheme is missing"},
        {"1http://a", "invalid URL \"1http://a\": what precedes its first colon is no scheme"},
        {" http://a", "invalid URL \" http://a\": what precedes its first colon is no scheme"},
        {"127.0.0.1:80/", "invalid URL \"127.0.0.1:80/\": what precedes its first colon is no scheme"},
        {"ht tp://a", "invalid URL \"ht tp://a\": what precedes its first colon is no scheme"},
    };
    for (const Row& row : rows) {
        const auto url = Url::parse(row.text);
        CAPTURE(row.text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code == ferry::Errc::invalid_url);
        CHECK(url.error().message == row.message);
        CHECK(url.error().safe_to_retry);
        CHECK_THROWS_AS(Url(row.text), ferry::InvalidUrl);
    }
}

TEST_CASE("URLs have at most 65,536 bytes, encoding included") {
    const std::string base = "http://h/";
    CHECK(Url::parse(base + std::string(65'536 - base.size(), 'x')));
    const auto long_text = Url::parse(base + std::string(65'537 - base.size(), 'x'));
    REQUIRE_FALSE(long_text);
    CHECK(long_text.error().message ==
          "invalid URL \"http://h/" + std::string(111, 'x') + "…\": it has more than 65536 bytes, encoding included");
    CHECK(Url::parse(base + std::string(20'000, ' ')));
    CHECK_FALSE(Url::parse(base + std::string(30'000, ' ')));
    CHECK_FALSE(Url("http://h/").join(std::string(70'000, 'x')));
    CHECK_FALSE(Url(base + std::string(60'000, 'x') + "/").join(std::string(60'000, 'x')));
}

TEST_CASE("no sentence and no exception tells a password") {
    const char* const urls[] = {
        "http://user:hunter2@exa mple/",
        "http://user:hunter2@h:99999/",
        "http://user:hunter2/hunter2@h/",
        "http://user:hunter2?hunter2@h/",
        "http://user:hunter2#hunter2@h/",
        "http://user:hunter2@hunter2@h:x/",
        "http:user:hunter2@h/",
        "http:/user:hunter2@h//x",
        "//user:hunter2@h:x/",
        "1user:hunter2@h/",
        "://user:hunter2@h/",
        "http://user:hunter2\\@h/",
        "http://user:hunter2\n@h/",
        "http://user:hunter2@h/\n",
        "http://:hunter2@127.1/",
    };
    for (const char* text : urls) {
        CAPTURE(text);
        const auto url = Url::parse(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().message.find("hunter2") == std::string::npos);
        CHECK(url.error().message.find("[secure]") != std::string::npos);
        try {
            (void)Url(text);
            FAIL();
        } catch (const ferry::InvalidUrl& e) {
            CHECK(std::string(e.what()).find("hunter2") == std::string::npos);
            CHECK(e.request_url().find("hunter2") == std::string::npos);
        }
    }
    const std::string long_password = "http://user:" + std::string(70'000, 'p') + "@h/";
    CHECK(Url::parse(long_password).error().message.find("ppp") == std::string::npos);
}

TEST_CASE("normal URLs are their own normal form, and RFC 3986 agrees with their parts") {
    constexpr std::string_view pieces[] = {"http", "HTTPS", ":", "//", "/",  "?",    "#",   "@",     "[",
                                           "]",    "..",    ".", "a",  "B",  "0",    "127", "0x7f",  "%",
                                           "%41",  "%2e",   " ", "\\", "é",  "xn--", ":80", "[::1]", "[::FFFF:1.2.3.4]",
                                           "&",    "=",     "+", "|",  "\"", "\x01", ";",   "~"};
    std::mt19937 random(7);
    int valid = 0;
    int judged = 0;
    for (int i = 0; i < 60'000; ++i) {
        std::string text = random() % 2 == 0 ? "http://" : "";
        for (std::size_t n = random() % 12; n > 0; --n) {
            text += pieces[random() % std::size(pieces)];
        }
        const auto url = Url::parse(text);
        if (!url) {
            continue;
        }
        ++valid;
        CAPTURE(text, url->str());
        const auto again = Url::parse(url->str());
        REQUIRE(again);
        REQUIRE(again->str() == url->str());
        REQUIRE(again->raw_path() == url->raw_path());
        REQUIRE(again->query() == url->query());
        REQUIRE(again->fragment() == url->fragment());
        REQUIRE(again->netloc() == url->netloc());
        REQUIRE(again->port() == url->port());
        REQUIRE(std::none_of(url->str().begin(), url->str().end(), [](char c) { return c <= ' ' || c == 0x7f; }));

        // Brackets and the like, which are kept for compatibility, are no part of RFC 3986.
        const std::string rest = std::string(url->raw_path()) + std::string(url->fragment());
        if (rest.find_first_of("[]|^\\{}`#") != std::string::npos) {
            continue;
        }
        const auto parsed = boost::urls::parse_uri_reference(url->str());
        REQUIRE(parsed);
        ++judged;
        const auto same = [](std::string_view ours, boost::core::string_view theirs) {
            return ours == std::string_view(theirs.data(), theirs.size());
        };
        REQUIRE(same(url->scheme(), parsed->scheme()));
        REQUIRE(same(url->userinfo(), parsed->encoded_userinfo()));
        REQUIRE(same(url->query(), parsed->encoded_query()));
        REQUIRE(same(url->fragment(), parsed->encoded_fragment()));
        REQUIRE(
            same(url->raw_path(), parsed->encoded_resource().substr(
                                      0, parsed->encoded_resource().size() -
                                             (parsed->has_fragment() ? parsed->encoded_fragment().size() + 1 : 0))));
        REQUIRE(url->port().value_or(0) == parsed->port_number());
    }
    CHECK(valid > 10'000);
    CHECK(judged > 5'000);
}

TEST_CASE("a URL in normal form is read as any other") {
    // A scheme in capitals is not in normal form, so what follows it is looked at piece by piece.
    constexpr std::string_view pieces[] = {
        "/",     "//",   "/.",     "/..",    ".",    "a",  "b.c", "A", "0", "9",    "127.0.0.1", "1.2.3",
        "0x7f",  "x.1",  "?",      "#",      "?a=",  "&",  "%41", "%", ":", ":80",  ":443",      ":0",
        ":8080", ":080", ":",      ":65535", ":655", "36", "@",   "[", "]", "[::1", "\\",        " ",
        "\"",    "<",    "`",      "{",      "|",    "é",  "+",   "-", "_", "~",    "!",         "$",
        "xn--",  ";",    "\x01\t", "*",      "(",    "'",  "=",   ","};
    const auto check = [](const std::string& text, const std::string& other) {
        CAPTURE(text);
        const auto url = Url::parse(text);
        const auto same = Url::parse(other);
        REQUIRE(url.has_value() == same.has_value());
        if (!url) {
            REQUIRE(url.error().code == same.error().code);
            return false;
        }
        REQUIRE(url->str() == same->str());
        REQUIRE(url->scheme() == same->scheme());
        REQUIRE(url->userinfo() == same->userinfo());
        REQUIRE(url->netloc() == same->netloc());
        REQUIRE(url->raw_host() == same->raw_host());
        REQUIRE(url->port() == same->port());
        REQUIRE(url->raw_path() == same->raw_path());
        REQUIRE(url->query() == same->query());
        REQUIRE(url->fragment() == same->fragment());
        // Of what is absent and what is empty the text alone tells nothing: these do.
        const auto joined = url->join("");
        const auto with = url->try_merge_params({{"k", "v"}});
        REQUIRE(joined);
        REQUIRE(joined->str() == same->join("")->str());
        REQUIRE(with);
        REQUIRE(with->str() == same->try_merge_params({{"k", "v"}})->str());
        return true;
    };
    for (const char* rest : {"://a/", "://a", "://a:8080/b", "://a/b?c#d", "://a/?#", "://a/?", "://a/#",
                             "://a/b#c#d?e", "://127.0.0.1/", "://127.0.0.1.:1/", "://1.a/", "://./", "://a./x",
                             "://0x/", "://a:/b", "://a:1x/", "://a:70000/", "://a/./b"}) {
        check(std::string("http") + rest, std::string("HTTP") + rest);
        check(std::string("https") + rest, std::string("HTTPS") + rest);
    }
    for (const std::size_t size : {1023U, 1024U, 1025U}) {
        const std::string rest = "://" + std::string(size, 'a') + "/";
        CHECK(check("http" + rest, "HTTP" + rest) == (size <= 1024));
    }
    std::mt19937 random(11);
    int valid = 0;
    for (int i = 0; i < 60'000; ++i) {
        std::string rest = random() % 2 == 0 ? "://host" : "://";
        for (std::size_t n = random() % 8; n > 0; --n) {
            rest += pieces[random() % std::size(pieces)];
        }
        const bool tls = random() % 2 == 0;
        valid += check((tls ? "https" : "http") + rest, (tls ? "HTTPS" : "HTTP") + rest) ? 1 : 0;
    }
    CHECK(valid > 10'000);
}
