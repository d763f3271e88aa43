#include "core/http1/fault.hpp"

namespace ferry::http1 {

int status_for(const Fault& fault) noexcept {
    if (fault.status != 0) {
        return fault.status;
    }
    switch (fault.code) {
        case Errc::header_block_too_large:
        case Errc::too_many_fields: return 431;  // RFC 6585 section 5.
        case Errc::chunk_extensions_too_large: return 413;
        case Errc::bad_version:
        case Errc::http_0_9:
        case Errc::http2_preface: return 505;  // RFC 9110 section 15.6.6: another major version.
        default: return 400;
    }
}

}  // namespace ferry::http1
