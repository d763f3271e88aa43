#include "tools/decode.hpp"

#include "tools/decode/decoder.hpp"
#include "tools/exit.hpp"
#include "tools/say.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferry::tools {

namespace {

constexpr std::size_t read_size = 64 * 1024;

struct Settings {
    std::string role;
    std::optional<std::string> methods{};
    bool repeat = false;
    std::size_t split = std::numeric_limits<std::size_t>::max();
    bool eof = false;
    std::string file = "-";
};

[[noreturn]] void stop(const std::string& why) {
    say("ferry: {}\n", why);
    exit_with(decode_usage_error);
}

[[noreturn]] void refuse(const std::string& why) { stop(why + "; 'ferry decode --help' says what there is"); }

// "GET,HEAD" as two; an empty one is no method, and stays.
std::vector<std::string> methods_of(const std::string& list) {
    std::vector<std::string> methods;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        methods.push_back(list.substr(at, end - at));
        at = end + 1;
    }
    return methods;
}

int decode(const Settings& settings) {
    const bool client = settings.role == "client";
    if (!client && (settings.methods || settings.repeat)) {
        refuse("--method and --repeat are for --role client");
    }
    DecodeOptions options;
    options.role = client ? http1::Role::client : http1::Role::server;
    options.repeat = settings.repeat;
    if (settings.methods) {
        options.methods = methods_of(*settings.methods);
    }
    for (const std::string& method : options.methods) {
        if (!is_token(method)) {
            refuse("the method '" + method + "' is not a token");
        }
    }
    const auto close = [](std::FILE* file) { return file == stdin ? 0 : std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(
        settings.file == "-" ? stdin : std::fopen(settings.file.c_str(), "rb"), close);
    if (!file) {
        stop("cannot open '" + settings.file + "': " + std::strerror(errno));
    }

    Decoder decoder(std::move(options));
    std::vector<char> block(read_size);
    const auto print = [](const std::string& lines) {
        if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size()) {
            stop(std::string("cannot write: ") + std::strerror(errno));
        }
    };
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), file.get())) {
        for (std::string_view rest(block.data(), size); !rest.empty();) {
            const std::string_view piece = rest.substr(0, settings.split);
            print(decoder.receive(as_bytes(piece)));
            rest.remove_prefix(piece.size());
        }
    }
    if (std::ferror(file.get()) != 0) {
        stop("cannot read '" + settings.file + "': " + std::strerror(errno));
    }
    print(decoder.finish(settings.eof));
    if (std::fflush(stdout) != 0) {
        stop(std::string("cannot write: ") + std::strerror(errno));
    }
    return decoder.failed() ? 1 : 0;
}

}  // namespace

void add_decode(CLI::App& app) {
    const auto positive = [](const std::string& text) {
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
        const bool some = text.find_first_not_of('0') != std::string::npos;
        return digits && some ? std::string{} : "'" + text + "' is not a positive number";
    };
    const auto settings = std::make_shared<Settings>();
    CLI::App& command = *app.add_subcommand("decode", "A byte stream as HTTP/1.1, one JSON object an event");
    command.add_option("--role", settings->role, "Who reads the stream: client (responses) or server (requests)")
        ->required()
        ->check(CLI::IsMember({"client", "server"}));
    command.add_option("--method", settings->methods, "The requests that the responses answer, in order: GET,HEAD")
        ->type_name("METHOD[,METHOD...]");
    command.add_flag("--repeat", settings->repeat, "The last of the requests repeats for ever");
    command.add_option("--split", settings->split, "Bytes to feed at a time")->check(positive);
    command.add_flag("--eof", settings->eof, "The connection ended behind the bytes");
    command.add_option("FILE", settings->file, "What to read; - is standard input")->capture_default_str();
    command.footer(
        "Exit status: 0, 1 with an error event, 3 after bad usage, or if FILE cannot be read or\nthe events cannot be "
        "written.");
    command.callback([settings] { exit_with(decode(*settings)); });
}

}  // namespace ferry::tools
