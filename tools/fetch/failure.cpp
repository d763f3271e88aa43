#include "tools/fetch/failure.hpp"

namespace ferry::tools {

int exit_code_of(Errc code) noexcept {
    switch (code) {
        case Errc::invalid_url: return exit_code::bad_url;
        case Errc::unsupported_protocol: return exit_code::unsupported_protocol;
        case Errc::invalid_method:
        case Errc::invalid_target:
        case Errc::invalid_header:
        case Errc::invalid_body:
        case Errc::invalid_option:
        case Errc::invalid_state: return exit_code::usage;
        case Errc::connect_timeout:
        case Errc::read_timeout:
        case Errc::write_timeout:
        case Errc::pool_timeout:
        case Errc::total_timeout: return exit_code::timeout;
        case Errc::connect_failed: return exit_code::connect;
        case Errc::name_resolution_failed: return exit_code::lookup;
        case Errc::certificate_error: return exit_code::certificate;
        case Errc::read_failed: return exit_code::receive_error;
        case Errc::write_failed: return exit_code::send_error;
        case Errc::server_disconnected: return exit_code::empty_reply;
        case Errc::truncated_body: return exit_code::truncated;
        case Errc::cancelled:
        case Errc::client_closed: return exit_code::aborted;
        case Errc::body_too_large: return exit_code::too_large;
        case Errc::decoding_failed: return exit_code::bad_encoding;
        case Errc::too_many_redirects: return exit_code::too_many_redirects;
        case Errc::proxy_failed: return exit_code::proxy;
        default: return exit_code::malformed_response;  // all that the peer can do wrong
    }
}

}  // namespace ferry::tools
