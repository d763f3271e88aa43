// The ferry command line: one subcommand a file.
#include "tools/decode.hpp"
#include "tools/fetch.hpp"
#include "tools/say.hpp"
#include "tools/serve.hpp"

#include <ferry/version.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace {

constexpr int usage_error = 2;  // curl's code too
constexpr int internal_error = 70;

// One blank line between groups, not two.
class HelpFormatter : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
        for (std::size_t at = help.find("\n\n\n"); at != std::string::npos; at = help.find("\n\n\n", at)) {
            help.erase(at, 1);
        }
        return help;
    }
};

// One sentence, and where to read on.
int report(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
        return app.exit(error);  // --help and --version
    }
    std::string sentence = error.what();
    std::string command;
    auto unexpected = app.remaining();
    if (const auto commands = app.get_subcommands(); !commands.empty()) {
        unexpected = commands.front()->remaining();
        command = commands.front()->get_name() + " ";
    }
    if (!unexpected.empty()) {
        // CLI11 would rather say what is missing.
        sentence = fmt::format("'{}' is not known", unexpected.front());
    } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && sentence.ends_with("missing")) {
        sentence = sentence.substr(0, sentence.find(':')) + " needs a value";
    }
    ferry::tools::say("ferry: {}; 'ferry {}--help' says what there is\n", sentence, command);
    return command == "decode " ? ferry::tools::decode_usage_error : usage_error;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("ferry: an HTTP client, and an origin to try it on", "ferry");
    app.set_version_flag("--version", "ferry " FERRY_VERSION);
    app.require_subcommand(1);
    app.formatter(std::make_shared<HelpFormatter>());
    app.get_formatter()->column_width(34);
    ferry::tools::add_fetch(app);
    ferry::tools::add_serve(app);
    ferry::tools::add_decode(app);
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::RuntimeError& error) {
        return error.get_exit_code();
    } catch (const CLI::ParseError& error) {
        return report(app, error);
    } catch (const std::exception& error) {
        ferry::tools::say("ferry: {}\n", error.what());
        return internal_error;
    }
}
