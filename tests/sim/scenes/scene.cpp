#include "tests/sim/scenes/scene.hpp"

#include <utility>

namespace ferry::testing {

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all = [] {
        std::vector<Scene> list;
        add_body_scenes(list);
        add_cancel_scenes(list);
        add_connect_scenes(list);
        add_dialling_scenes(list);
        add_discard_scenes(list);
        add_drain_scenes(list);
        add_expect_scenes(list);
        add_framing_scenes(list);
        add_queue_scenes(list);
        add_retry_scenes(list);
        add_reuse_scenes(list);
        add_timeout_scenes(list);
        add_upgrade_scenes(list);
        add_upload_scenes(list);
        return list;
    }();
    return all;
}

EngineConfig limits(const PoolLimits& limits) {
    EngineConfig config;
    config.limits = limits;
    return config;
}

void answer(Session& s, std::string_view place, const Reply& reply) {
    s.network().serve(place, [reply](const RequestHead&, std::string_view) { return reply; });
}

Request download(std::string_view url, std::size_t window) {
    Request request = make_request("GET", url);
    request.collect = false;
    request.window = window;
    return request;
}

Request upload(std::string_view method, std::string_view url) {
    Request request = make_request(method, url);
    request.body = Request::Body::streamed;
    return request;
}

Request upgrade(std::string_view url) {
    Request request = download(url, 64 * 1024);
    request.headers.add("Connection", "upgrade");
    request.headers.add("Upgrade", "echo");
    request.deadlines.total = 10s;
    return request;
}

Request timed(std::string_view url, const Deadlines& deadlines) {
    Request request = make_request("GET", url);
    request.deadlines = deadlines;
    return request;
}

std::string pattern(std::size_t size) {
    static std::string text;  // Made once as far as it was ever needed.
    static std::size_t next = 0;
    while (text.size() < size) {
        text += std::to_string(next++) + " ";
    }
    return text.substr(0, size);
}

void cancel_after(Session& s, Duration delay, RequestId id) {
    s.after(delay, [&s, id] { s.cancel(id); });
}

}  // namespace ferry::testing
