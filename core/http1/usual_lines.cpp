#include "core/http1/usual_lines.hpp"

#include "core/http1/usual_lines_sse2.hpp"

namespace ferry::http1 {

UsualLines take_usual_lines(std::string_view bytes, std::span<Headers::Line> to) noexcept {
#if defined(__SSE2__)
    return sse2::take_usual_lines(bytes, to);
#else
    return portable::take_usual_lines(bytes, to);
#endif
}

}  // namespace ferry::http1
