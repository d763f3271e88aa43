// One GET with cpp-httplib; the URL is taken apart by hand: http://HOST:PORT/PATH.
#include <httplib.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    const std::string url = argv[argc - 1];
    const std::size_t slash = url.find('/', 7);
    httplib::Client client(url.substr(0, slash));
    const auto result = client.Get(url.substr(slash));
    std::puts(result ? result->body.c_str() : httplib::to_string(result.error()).c_str());
}
