#include <ferry/url.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using ferry::Url;

namespace {

std::string url_with(std::string_view host) { return "http://" + std::string(host) + "/"; }

// What is said about the host, without the URL.
std::string fault(std::string_view host) {
    const auto url = Url::parse(url_with(host));
    if (url) {
        return "none";
    }
    const std::string marker = "\": its host ";
    const std::size_t at = url.error().message.rfind(marker);
    return at == std::string::npos ? url.error().message : url.error().message.substr(at + marker.size());
}

constexpr const char* bad_ipv4 = "is an IPv4 address in another form than four plain decimal numbers";

}  // namespace

TEST_CASE("IPv4 addresses are four plain decimal numbers") {
    for (const char* host : {"127.0.0.1", "0.0.0.0", "255.255.255.255", "1.2.3.4"}) {
        CAPTURE(host);
        CHECK(Url(url_with(host)).raw_host() == host);
    }
    const char* const refused[] = {
        "127.1",     "127.0.1",    "2130706433",   "0x7f000001",  "0X7F000001",
        "0x7f.1",    "127.0.0.01", "0177.0.0.1",   "127.0.0.0x1", "256.0.0.1",
        "1.2.3.4.5", "1.2.3.256",  "127.0.0.1.",   "127.1.",      "0",
        "00000000",  "0x",         "example.0x",   "example.1",   "a.b.c.0xff",
        "1.2.3",     "foo.0x7f",   "999999999999", "1.2.3.08",    "1.2.3.4444444444444444444444",
    };
    for (const char* host : refused) {
        CAPTURE(host);
        CHECK(fault(host) == bad_ipv4);
    }
    // No number at the end: a name.
    for (const char* host : {"1.2.3.4.com", "0x7f.com", "127.1a", "1e3", "023b76x43144", "0xg", "x0", "1.2.3.4-"}) {
        CAPTURE(host);
        CHECK(Url(url_with(host)).raw_host() == host);
    }
}

TEST_CASE("digits that only mapping makes digits are refused") {
    const char* const refused[] = {
        "\uFF11\uFF12\uFF17.0.0.1",  // fullwidth digits
        "\uFF11.2.3.4",
        "127\u30020\u30020\u30021",  // ideographic full stops
        "\u2460.2.3.4",              // circled digit
        "\U0001D7CF.2.3.4",          // mathematical digit
        "\uFF10x7f000001",
        "example.\uFF11",
    };
    for (const char* host : refused) {
        CAPTURE(host);
        CHECK_FALSE(Url::parse(url_with(host)));
    }
    CHECK(fault("\uFF11\uFF12\uFF17.0.0.1") == bad_ipv4);
}

TEST_CASE("IPv6 addresses are in brackets, and written in one way") {
    struct Row {
        const char* host;
        const char* normal;
    };
    const Row rows[] = {
        {"[::1]", "::1"},
        {"[0:0:0:0:0:0:0:1]", "::1"},
        {"[::]", "::"},
        {"[2001:DB8:0:0::1]", "2001:db8::1"},
        {"[2001:0db8::0001]", "2001:db8::1"},
        {"[1:0:0:2:0:0:0:3]", "1:0:0:2::3"},
        {"[::ffff:192.168.0.1]", "::ffff:192.168.0.1"},
        {"[::ffff:c0a8:1]", "::ffff:192.168.0.1"},
        {"[fe80::1]", "fe80::1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        const Url url("http://" + std::string(row.host) + ":8080/x");
        CHECK(url.host() == row.normal);
        CHECK(url.raw_host() == row.normal);
        CHECK(url.netloc() == "[" + std::string(row.normal) + "]:8080");
        CHECK(url.str() == "http://[" + std::string(row.normal) + "]:8080/x");
        CHECK(url.origin().host == row.normal);
        CHECK(url.port() == 8080);
    }
    CHECK(Url("http://u@[::1]/").netloc() == "[::1]");

    for (const char* host :
         {"[]", "[:]", "[::1", "[1::2::3]", "[12345::]", "[g::]", "[1:2:3:4:5:6:7]", "[::1.2.3]", "[::1.2.3.04]",
          "[1:2:3:4:5:6:7:8:9]", "[v1.a]", "[127.0.0.1]", "[example.com]", "[ ::1]", "[[::1]]"}) {
        CAPTURE(host);
        CHECK_FALSE(Url::parse(url_with(host)));
    }
    CHECK(fault("[1::2::3]") == "is not a valid IPv6 address");
    CHECK_FALSE(Url::parse("http://[::1]x/"));
    CHECK_FALSE(Url::parse("http://[::1]x:80/"));
    CHECK_FALSE(Url::parse("http://x[::1]/"));
    CHECK_FALSE(Url::parse("http://::1/"));
    CHECK_FALSE(Url::parse("http://::1:80/"));
    CHECK_FALSE(Url::parse("https://u:p@[invalid!]//evilHost/path?t=w#tw"));
}

TEST_CASE("zone identifiers are refused") {
    for (const char* host : {"[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%25]"}) {
        CHECK(fault(host) == "is an IPv6 address with a zone identifier, which is not supported");
    }
}

TEST_CASE("international names are IDNA 2008") {
    struct Row {
        const char* given;
        const char* ascii;
        const char* shown;
    };
    const Row rows[] = {
        {"faß.de", "xn--fa-hia.de", "faß.de"},
        {"FAß.DE", "xn--fa-hia.de", "faß.de"},
        {"中国.icom.museum", "xn--fiqs8s.icom.museum", "中国.icom.museum"},
        {"xn--fiqs8s.icom.museum", "xn--fiqs8s.icom.museum", "中国.icom.museum"},
        {"XN--FIQS8S.icom.museum", "xn--fiqs8s.icom.museum", "中国.icom.museum"},
        {"Königsgäßchen.de", "xn--knigsgchen-b4a3dun.de", "königsgäßchen.de"},
        {"βόλος.com", "xn--nxasmm1c.com", "βόλος.com"},
        {"e\u0301.com", "xn--9ca.com", "é.com"},
        {"中国\u3002com", "xn--fiqs8s.com", "中国.com"},
        {"\uFF41\uFF42.com", "ab.com", "ab.com"},
        {"ä.", "xn--4ca.", "ä."},
        {"عربي.de", "xn--ngbrx4e.de", "عربي.de"},
        // A broken A-label is looked up as it is, and shown as it is.
        {"xn--zz.de", "xn--zz.de", "xn--zz.de"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.given);
        const Url url("https://" + std::string(row.given) + ":8443/x");
        CHECK(url.raw_host() == row.ascii);
        CHECK(url.host() == row.shown);
        CHECK(url.netloc() == std::string(row.ascii) + ":8443");
        CHECK(url.str() == "https://" + std::string(row.ascii) + ":8443/x");
    }
}

TEST_CASE("what IDNA 2008 does not allow is refused") {
    const char* const refused[] = {
        "😇.com",  // symbols
        "☃.net",
        "\u2100.com",           // maps to "a/c"
        "good.com\uFF0Fevil",   // fullwidth solidus
        "good.com\uFF20evil",   // fullwidth commercial at
        "good.com\uFF1A80",     // fullwidth colon
        "good.com\uFE6B.evil",  // small commercial at
        "a\uFF05b.com",         // fullwidth percent sign
        "-ä.com",
        "ä-.com",
        "ab--ä.com",
        "ä..com",
        ".ä",
        "\u00AD.com",  // nothing is left of the label
        "ä_b.com",
        "ä b.com",
        "ä%41.com",
        "\u200D.com",    // a joiner without context
        "אa.com",        // mixed directions
        "\xFF\xFE.com",  // no UTF-8
        "\xC3.com",
    };
    for (const char* host : refused) {
        CAPTURE(host);
        CHECK_FALSE(Url::parse(url_with(host)));
    }
    CHECK(fault("😇.com") == "is not a valid internationalised name: string contains a disallowed character");
    std::string long_label;
    for (int i = 0; i < 64; ++i) {
        long_label += "ä";
    }
    CHECK_FALSE(Url::parse(url_with(long_label + ".com")));
}

TEST_CASE("characters that may not stand in a host are named") {
    struct Row {
        const char* host;
        const char* fault;
    };
    const Row rows[] = {
        {"exam le.com", "has a space"},       {"ex%61mple.com", "has the character \"%\""},
        {"a%00b", "has the character \"%\""}, {"a<b", "has the character \"<\""},
        {"a>b", "has the character \">\""},   {"a^b", "has the character \"^\""},
        {"a|b", "has the character \"|\""},   {"a\"b", "has the character \"\"\""},
        {"a`b", "has the character \"`\""},   {"a{b}", "has the character \"{\""},
        {"a]b", "has the character \"]\""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        CHECK(fault(row.host) == row.fault);
    }
    CHECK(fault(std::string(2000, 'a')) == "is too long");
}
