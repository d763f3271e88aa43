// When the body of a request may be sent.
#include "core/engine/hub.hpp"

#include <utility>

namespace ferry {

Result<void> Engine::Impl::begin_body(Flow& flow, Connection& connection) {
    if (flow.request.body != Request::Body::streamed) {
        flow.request_complete = true;
        return connection.session().write_content(flow.id, flow.request, connection.out());
    }
    if (flow.body_finished) {  // before there was a connection, or before the body was allowed
        flow.request_complete = true;
        flow.writable_wanted = false;
        return connection.session().finish(flow.id, flow.request_trailers, connection.out());
    }
    flow.request_complete = connection.session().request_written();  // a body of no bytes has come with its head
    return {};
}

void Engine::Impl::release_body(Flow& flow) {
    Connection& connection = *connections.get(flow.connection);
    if (connection.traffic->write_error) {
        return;
    }
    if (auto begun = begin_body(flow, connection); !begun) {
        fail_malformed(flow, connection, std::move(begun).error());
        return;
    }
    if (!connection.out().empty()) {
        want_send(connection);
    }
    offer_credit(flow, connection);
    update_phase(flow, true);
}

}  // namespace ferry
