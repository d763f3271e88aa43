// The adapter of examples/glib_loop.cpp keeps the transport contract, and its program fetches a URL.
#define GLIB_LOOP_NO_MAIN
#include "examples/glib_loop.cpp"
#include "tests/integration/test_origin.hpp"
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/socket_bench.hpp"

#include <sys/wait.h>
#include <cstdlib>

namespace ferry::contract {

namespace {

class GlibBench final : public SocketBench {
public:
    GlibBench() : context_(g_main_context_new()) {
        g_object_unref(g_resolver_get_default());  // It opens what it needs once.
    }
    ~GlibBench() override {
        transport_.reset();
        g_main_context_unref(context_);
    }

    void create(Facts& facts) override {
        facts_ = &facts;
        transport_ = std::make_unique<GlibTransport>(context_);
        transport_->attach(facts);
    }
    Transport& transport() override { return *transport_; }
    void destroy() override {
        transport_.reset();
        while (g_main_context_iteration(context_, FALSE) != FALSE) {
        }
    }
    void run_once(std::optional<Duration> limit) override {
        GSource* alarm = nullptr;
        if (limit && *limit > Duration::zero()) {
            using std::chrono::milliseconds;
            const auto wait = std::chrono::ceil<milliseconds>(std::min<Duration>(*limit, std::chrono::hours(1)));
            alarm = g_timeout_source_new(static_cast<guint>(wait.count()));
            g_source_set_callback(alarm, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
            g_source_attach(alarm, context_);
        }
        g_main_context_iteration(context_, !limit || alarm != nullptr ? TRUE : FALSE);
        if (alarm != nullptr) {
            g_source_destroy(alarm);
            g_source_unref(alarm);
        }
        facts_->turn();
    }

    // Both are answered without a name server.
    std::string good_host() override { return "127.0.0.1"; }
    std::string bad_host() override { return std::string(300, 'x'); }

private:
    GMainContext* context_;
    Facts* facts_ = nullptr;
    std::unique_ptr<GlibTransport> transport_;
};

int run(const std::string& url) {
    const int status = std::system((std::string(GLIB_LOOP_PROGRAM) + " " + url + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("GLib's main loop keeps the contract") { check_clauses<GlibBench>(); }

TEST_CASE("the program glib_loop fetches a URL") {
    const test::TestOrigin origin;
    CHECK(run(origin.url("/bytes/1000000")) == 0);
    CHECK(run(origin.url("/status/404")) == 1);
    CHECK(run("http://localhost:" + std::to_string(test::free_port()) + "/") == 1);
    CHECK(run("nonsense:") == 1);
    CHECK(run("https://127.0.0.1/") == 1);  // Fails before the loop has run at all.
}

}  // namespace ferry::contract
