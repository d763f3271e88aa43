#include <ferry/url.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <random>
#include <string>

using ferry::Url;

namespace {

struct Row {
    const char* reference;
    const char* target;  // nullptr: refused
};

void check_rows(const char* base, std::initializer_list<Row> rows) {
    const Url url(base);
    for (const Row& row : rows) {
        CAPTURE(base, row.reference);
        const auto joined = url.join(row.reference);
        REQUIRE(joined.has_value() == (row.target != nullptr));
        if (row.target != nullptr) {
            CHECK(joined->str() == row.target);
        } else {
            CHECK(joined.error().code == ferry::Errc::invalid_url);
        }
    }
}

// RFC 3986 section 5.2.4, step by step as it is written there.
std::string without_dots(std::string in) {
    std::string out;
    const auto takes = [&in](std::string_view prefix, std::string_view instead) {
        if (!in.starts_with(prefix)) {
            return false;
        }
        in.replace(0, prefix.size(), instead);
        return true;
    };
    while (!in.empty()) {
        if (takes("../", "") || takes("./", "") || takes("/./", "/") || (in == "/." && takes("/.", "/"))) {
            continue;
        }
        if (takes("/../", "/") || (in == "/.." && takes("/..", "/"))) {
            out.erase(out.find_last_of('/') == std::string::npos ? 0 : out.find_last_of('/'));
            continue;
        }
        if (in == "." || in == "..") {
            in.clear();
            continue;
        }
        const std::size_t end = std::min(in.find('/', 1), in.size());
        out += in.substr(0, end);
        in.erase(0, end);
    }
    return out;
}

}  // namespace

TEST_CASE("RFC 3986 section 5.4.1, normal examples") {
    check_rows("http://a/b/c/d;p?q", {
                                         {"g:h", "g:h"},
                                         {"g", "http://a/b/c/g"},
                                         {"./g", "http://a/b/c/g"},
                                         {"g/", "http://a/b/c/g/"},
                                         {"/g", "http://a/g"},
                                         {"//g", "http://g/"},
                                         {"?y", "http://a/b/c/d;p?y"},
                                         {"g?y", "http://a/b/c/g?y"},
                                         {"#s", "http://a/b/c/d;p?q#s"},
                                         {"g#s", "http://a/b/c/g#s"},
                                         {"g?y#s", "http://a/b/c/g?y#s"},
                                         {";x", "http://a/b/c/;x"},
                                         {"g;x", "http://a/b/c/g;x"},
                                         {"g;x?y#s", "http://a/b/c/g;x?y#s"},
                                         {"", "http://a/b/c/d;p?q"},
                                         {".", "http://a/b/c/"},
                                         {"./", "http://a/b/c/"},
                                         {"..", "http://a/b/"},
                                         {"../", "http://a/b/"},
                                         {"../g", "http://a/b/g"},
                                         {"../..", "http://a/"},
                                         {"../../", "http://a/"},
                                         {"../../g", "http://a/g"},
                                     });
}

TEST_CASE("RFC 3986 section 5.4.2, abnormal examples") {
    check_rows("http://a/b/c/d;p?q", {
                                         {"../../../g", "http://a/g"},
                                         {"../../../../g", "http://a/g"},
                                         {"/./g", "http://a/g"},
                                         {"/../g", "http://a/g"},
                                         {"g.", "http://a/b/c/g."},
                                         {".g", "http://a/b/c/.g"},
                                         {"g..", "http://a/b/c/g.."},
                                         {"..g", "http://a/b/c/..g"},
                                         {"./../g", "http://a/b/g"},
                                         {"./g/.", "http://a/b/c/g/"},
                                         {"g/./h", "http://a/b/c/g/h"},
                                         {"g/../h", "http://a/b/c/h"},
                                         {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                                         {"g;x=1/../y", "http://a/b/c/y"},
                                         {"g?y/./x", "http://a/b/c/g?y/./x"},
                                         {"g?y/../x", "http://a/b/c/g?y/../x"},
                                         {"g#s/./x", "http://a/b/c/g#s/./x"},
                                         {"g#s/../x", "http://a/b/c/g#s/../x"},
                                         // For strict parsers this is the URL "http:g", which has no host.
                                         {"http:g", nullptr},
                                     });
}

TEST_CASE("what a server may put into Location") {
    check_rows("https://user:pw@example.org:8443/path/to/x?q#f",
               {
                   {"/other", "https://user:pw@example.org:8443/other"},
                   {"other", "https://user:pw@example.org:8443/path/to/other"},
                   {"//host/", "https://host/"},
                   {"//host:443", "https://host/"},
                   {"//HOST:80/a/../b", "https://host:80/b"},
                   {"http://a", "http://a/"},
                   {"/with space?and more#é", "https://user:pw@example.org:8443/with%20space?and%20more#%C3%A9"},
                   {"?", "https://user:pw@example.org:8443/path/to/x?"},
                   {"#", "https://user:pw@example.org:8443/path/to/x?q#"},
                   {"//faß.de", "https://xn--fa-hia.de/"},
                   {"mailto:a@b", "mailto:a@b"},
                   {"///x", nullptr},
                   {"//", nullptr},
                   {"//:443/", nullptr},
                   {"https://:443/", nullptr},
                   {"//127.1/", nullptr},
                   {"//😇/", nullptr},
                   {"//a\\b", nullptr},
                   {"/\n", nullptr},
                   {"1:2", nullptr},
                   // Only slashes begin an authority.
                   {"\\\\evil", "https://user:pw@example.org:8443/path/to/\\\\evil"},
               });
    check_rows("http://h", {{"a", "http://h/a"}, {"?q", "http://h/?q"}, {"../a", "http://h/a"}});
    check_rows("http://h/a?q", {{"", "http://h/a?q"}, {"#x", "http://h/a?q#x"}});
    check_rows("http://h/%2e/%2F", {{"x", "http://h/%2e/x"}, {"..", "http://h/"}});
}

TEST_CASE("bases that are no http URLs") {
    check_rows("mailto:a", {{"b", "mailto:b"}, {"/b", "mailto:/b"}, {"?q", "mailto:a?q"}});
    check_rows("x:/a/b", {{"..//c", "x:/.//c"}, {"/.//c", "x:/.//c"}, {"//c", "x://c/"}});
    check_rows("file:///a/b", {{"../../c", "file:///c"}});
    check_rows("a/b", {{"c", "a/c"}, {"../c", "a/../c"}, {"/c", "/c"}, {"http://h", "http://h/"}});
    check_rows("", {{"a", "a"}, {"", ""}, {"//h", "//h/"}});
    check_rows("//h/a/b", {{"../c", "//h/c"}});
}

TEST_CASE("joining agrees with the algorithm of RFC 3986 section 5.2, word for word") {
    constexpr std::string_view pieces[] = {"a", "b",  "/",  "/", "..",  ".",  "?",
                                           "#", ";x", "//", "c", "../", "./", "%2f"};
    std::mt19937 random(11);
    const auto any = [&](std::size_t most) {
        std::string text;
        for (std::size_t n = random() % most; n > 0; --n) {
            text += pieces[random() % std::size(pieces)];
        }
        return text;
    };
    const auto text_of = [](auto view) { return std::string(view.data(), view.size()); };
    int judged = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto base_url = Url::parse("http://host/" + any(8));
        const std::string text = any(8);
        const auto joined = base_url->join(text);
        const auto base = boost::urls::parse_uri_reference(base_url->str());
        const auto reference = boost::urls::parse_uri_reference(text);
        if (!joined || !reference || reference->has_authority()) {
            continue;
        }
        CAPTURE(base_url->str(), text);
        const std::string reference_path = text_of(reference->encoded_path());
        const std::string base_path = text_of(base->encoded_path());
        std::string path;
        bool has_query = reference->has_query();
        std::string query = text_of(reference->encoded_query());
        if (reference_path.empty()) {
            path = base_path;
            if (!has_query) {
                has_query = base->has_query();
                query = text_of(base->encoded_query());
            }
        } else if (reference_path.starts_with('/')) {
            path = without_dots(reference_path);
        } else {
            path = without_dots(base_path.substr(0, base_path.rfind('/') + 1) + reference_path);
        }
        std::string expected = "http://host" + path;
        if (has_query) {
            expected += "?" + query;
        }
        if (const std::size_t hash = text.find('#'); hash != std::string::npos) {
            expected += text.substr(hash);
        }
        REQUIRE(joined->str() == expected);
        ++judged;
    }
    CHECK(judged > 5'000);
}
