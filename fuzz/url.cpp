// Any text as a URL: what parses is normal, and parses again to the same.
#include "fuzz/target.hpp"

#include <ferry/url.hpp>

#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ferry;
    using namespace ferry::fuzz;
    const std::string_view text = text_of(data, size);
    const std::size_t cut = text.find('\n');  // Behind it: a reference to resolve against the first line.
    const auto url = Url::parse(text.substr(0, cut));
    if (!url) {
        require(!url.error().message.empty(), "refused without a reason");
        return 0;
    }
    for (const char c : url->str()) {
        require(c > 0x20 && c < 0x7f, "a byte that must not stand in a URL: " + url->str());
    }
    const auto again = Url::parse(url->str());
    require(again.has_value(), "what str() gives does not parse: " + url->str());
    require(*again == *url, "not normal: " + url->str() + " becomes " + again->str());
    require(again->raw_host() == url->raw_host() && again->port() == url->port(), "another host: " + url->str());
    if (url->scheme() == "http" || url->scheme() == "https") {
        // The normal form is read in one pass, another one piece by piece.
        const auto capital = Url::parse("H" + url->str().substr(1));
        require(capital.has_value() && capital->str() == url->str(), "a capital makes a difference: " + url->str());
        require(capital->netloc() == url->netloc() && capital->raw_host() == url->raw_host() &&
                    capital->port() == url->port() && capital->userinfo() == url->userinfo(),
                "a capital makes another authority: " + url->str());
        require(capital->raw_path() == url->raw_path() && capital->query() == url->query() &&
                    capital->fragment() == url->fragment(),
                "a capital makes another path: " + url->str());
    }
    (void)url->display();
    (void)url->host();
    (void)url->path();
    (void)url->username();
    (void)url->password();
    (void)url->params();
    (void)url->origin();
    if (cut != std::string_view::npos) {
        if (const auto joined = url->join(text.substr(cut + 1))) {
            require(Url::parse(joined->str()).has_value(), "what join() gives does not parse: " + joined->str());
        }
    }
    return 0;
}
