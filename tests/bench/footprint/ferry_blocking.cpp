// One GET with ferry's blocking client.
#include <ferry/client.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    const auto r = ferry::try_get(argv[argc - 1]);
    std::puts(r ? r->text().c_str() : r.error().message.c_str());
}
