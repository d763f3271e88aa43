// One GET with ferry on Boost.Asio.
#include <ferry/asio.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    boost::asio::io_context context{1};
    ferry::asio::Client client(context);
    client.try_get(argv[argc - 1], [&client](const ferry::Result<ferry::Response>& r) {
        std::puts(r ? r->text().c_str() : r.error().message.c_str());
        client.close();
    });
    context.run();
}
