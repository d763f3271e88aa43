// One GET with Boost.Beast; the URL is taken apart by hand: http://HOST:PORT/PATH.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv) {
    namespace http = boost::beast::http;
    try {
        const std::string url = std::string(argv[argc - 1]).substr(7);
        const std::string authority = url.substr(0, url.find('/'));
        const std::size_t colon = authority.find(':');
        boost::asio::io_context context{1};
        boost::asio::ip::tcp::resolver resolver(context);
        boost::beast::tcp_stream stream(context);
        stream.connect(resolver.resolve(authority.substr(0, colon), authority.substr(colon + 1)));
        http::request<http::empty_body> request{http::verb::get, url.substr(authority.size()), 11};
        request.set(http::field::host, authority);
        http::write(stream, request);
        boost::beast::flat_buffer buffer;
        http::response<http::string_body> response;
        http::read(stream, buffer, response);
        std::puts(response.body().c_str());
    } catch (const std::exception& error) {
        std::puts(error.what());
    }
}
