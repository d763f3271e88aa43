// Any bytes into the server role; each request is answered.
#include "fuzz/stream.hpp"
#include "fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ferry;
    fuzz::Input input(fuzz::text_of(data, size));
    const http1::test::Script script = fuzz::script_of(http1::Role::server, input.byte());
    fuzz::check_trace(http1::test::trace(script, input.rest(), http1::test::whole()), input.rest().size());
    return 0;
}
