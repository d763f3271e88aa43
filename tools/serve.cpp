#include "tools/serve.hpp"

#include "tools/exit.hpp"
#include "tools/say.hpp"
#include "tools/serve/routes.hpp"
#include "tools/serve/server.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

namespace ferry::tools {
namespace {

int serve(const ServerConfig& config) {
    try {
        Server server(config);
        fmt::print("serving on {}\n", server.url());
        std::fflush(stdout);
        server.run();
        return 0;
    } catch (const std::exception& error) {
        say("ferry: {}\n", error.what());
        return 1;
    }
}

}  // namespace

void add_serve(CLI::App& app) {
    struct Settings {
        ServerConfig config{};
        double idle_timeout = 60;
    };
    const auto settings = std::make_shared<Settings>();
    CLI::App& command = *app.add_subcommand("serve", "An HTTP origin for demonstrations, tests and measurements");
    command.add_option("DIR", settings->config.folder, "A folder whose files are served too")
        ->check(CLI::ExistingDirectory)
        ->option_text(" ");
    command.add_option("--host", settings->config.host, "The name or address to listen on; else 127.0.0.1")
        ->option_text("HOST");
    command.add_option("--port", settings->config.port, "The port; else a free one")->option_text("PORT");
    command
        .add_option("--max-body", settings->config.max_body,
                    "Of a request's body; more is answered with 413; else 16 MiB")
        ->option_text("BYTES");
    command.add_option("--idle-timeout", settings->idle_timeout, "Of silence before a connection is closed; else 60")
        ->check(CLI::Range(0.001, 1e6))
        ->option_text("SECONDS");
    command.add_flag("--log", settings->config.log, "A line a request on stderr");
    command.footer(
        fmt::format("Routes:\n{}\nIt prints its URL, and ends with SIGINT or SIGTERM.\n", Routes::summary()));
    command.callback([settings] {
        settings->config.idle_timeout =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(settings->idle_timeout));
        exit_with(serve(settings->config));
    });
}

}  // namespace ferry::tools
