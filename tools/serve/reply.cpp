#include "tools/serve/reply.hpp"

#include "tools/serve/json_text.hpp"

namespace ferry::tools {
namespace {

constexpr std::size_t kept_capacity = 64 * 1024;  // what one large reply may leave behind on an idle connection

}  // namespace

void Reply::reset() {
    status = 200;
    headers.clear();
    body.clear();
    if (body.capacity() > kept_capacity) {
        body.shrink_to_fit();
    }
    source.reset();
    length.reset();
    delay = {};
    close = false;
}

void set_error(Reply& reply, int status, std::string_view sentence) {
    reply.status = status;
    reply.source.reset();
    reply.length.reset();
    reply.set_type("application/json");
    reply.body = "{\n  \"error\": ";
    append_json(reply.body, sentence);
    reply.body += ",\n  \"status\": " + std::to_string(status) + "\n}\n";
}

}  // namespace ferry::tools
