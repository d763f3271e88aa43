// A program that tests itself on the network in memory.
#include <ferry/testing.hpp>

#include <cstdio>

int main() {
    ferry::testing::Session session;
    session.network().serve(
        "api.test", [](const ferry::RequestHead&, std::string_view) { return ferry::testing::Reply{.body = "hello"}; });
    const bool right = session.wait(session.get("http://api.test/")).body == "hello";
    session.finish();
    std::printf("%s\n", right && session.violations().empty() ? "as it should be" : "wrong");
    return right && session.violations().empty() ? 0 : 1;
}
