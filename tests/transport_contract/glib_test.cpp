// The adapter of examples/glib_loop.cpp keeps the transport contract, and its program fetches a URL.
#define GLIB_LOOP_NO_MAIN
#include "examples/glib_loop.cpp"
#include "tests/integration/test_origin.hpp"
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/socket_bench.hpp"

#include <sys/wait.h>
#include <cstdlib>
#include <utility>

namespace ferry::contract {

namespace {

/// Answers for GLib without a name server: good.test, bad.test, and slow.test once it is released.
struct Names {
    GResolver parent;
    std::vector<GTask*>* waiting;

    static void answer(GTask* task, const std::string& host) {
        if (host == "bad.test") {
            g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such host");
        } else {
            GList* const list = g_list_append(nullptr, g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4));
            g_task_return_pointer(task, list,
                                  [](gpointer all) { g_resolver_free_addresses(static_cast<GList*>(all)); });
        }
        g_object_unref(task);
    }
    static void begin(GResolver* self, const gchar* host, GCancellable* cancellable, GAsyncReadyCallback ready,
                      gpointer data) {
        GTask* const task = g_task_new(self, cancellable, ready, data);
        if (std::string(host) == "slow.test") {
            reinterpret_cast<Names*>(self)->waiting->push_back(task);
        } else {
            answer(task, host);
        }
    }
    static GList* finish(GResolver* /*self*/, GAsyncResult* result, GError** error) {
        return static_cast<GList*>(g_task_propagate_pointer(G_TASK(result), error));
    }
    void release() {
        for (GTask* const task : std::exchange(*waiting, {})) {
            answer(task, "slow.test");
        }
    }
};

GType names_type() {
    static const GType type = g_type_register_static_simple(
        G_TYPE_RESOLVER, "FerryNames", sizeof(GResolverClass),
        [](gpointer klass, gpointer) {
            auto& methods = *static_cast<GResolverClass*>(klass);
            methods.lookup_by_name_async = Names::begin;
            methods.lookup_by_name_finish = Names::finish;
        },
        sizeof(Names), nullptr, GTypeFlags{});
    return type;
}

class GlibBench final : public SocketBench {
public:
    GlibBench() : context_(g_main_context_new()), names_(static_cast<Names*>(g_object_new(names_type(), nullptr))) {
        names_->waiting = &waiting_;
        static_cast<void>(opens_once());
        g_resolver_set_default(&names_->parent);
    }
    ~GlibBench() override {
        names_->release();
        GlibBench::destroy();
        g_object_unref(names_);
        g_main_context_unref(context_);
    }

    void create(Facts& facts) override {
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
    }

    std::string good_host() override { return "good.test"; }
    std::string bad_host() override { return "bad.test"; }
    std::string slow_host() override { return "slow.test"; }
    void release_slow_hosts() override { names_->release(); }

private:
    /// GLib opens what lookups need with the first of them: not to be counted by resources().
    static bool opens_once() {
        static const bool opened = [] {
            GResolver* const system = g_resolver_get_default();
            const std::string too_long(300, 'x');  // Answered without a name server.
            g_resolver_free_addresses(g_resolver_lookup_by_name(system, too_long.c_str(), nullptr, nullptr));
            g_object_unref(system);
            return true;
        }();
        return opened;
    }

    GMainContext* context_;
    Names* names_;
    std::vector<GTask*> waiting_;
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
