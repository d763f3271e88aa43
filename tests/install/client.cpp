// A program that uses the client: nobody listens on port 1.
#include <ferry/client.hpp>

#include <iostream>

int main() {
    ferry::Client client;
    const auto result = client.try_get("http://127.0.0.1:1/");
    if (result.has_value() || result.error().kind() != ferry::ErrorKind::connect_error) {
        std::cerr << "expected a refused connection\n";
        return 1;
    }
    std::cout << result.error().message << '\n';
    return 0;
}
