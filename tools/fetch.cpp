#include "tools/fetch.hpp"

#include "tools/exit.hpp"
#include "tools/fetch/failure.hpp"
#include "tools/fetch/getter.hpp"
#include "tools/fetch/plan.hpp"
#include "tools/fetch/session.hpp"
#include "tools/fetch/settings.hpp"
#include "tools/fetch/sink.hpp"
#include "tools/say.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace ferry::tools {
namespace {

int fetch(const FetchSettings& settings) {
    keep_standard_descriptors();
    ::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a write error
    try {
        return FetchSession(settings, make_plan(settings)).run();
    } catch (const FetchFailure& failure) {
        if (!settings.silent || settings.show_error) {
            say("ferry: {}\n", failure.what());
        }
        return failure.code();
    }
}

const CLI::Validator& seconds() {
    static const CLI::Validator validator(
        [](const std::string& text) {
            double value = 0;
            const bool is_number = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value >= 0;
            return is_number ? std::string() : fmt::format("'{}' is not a number of seconds", text);
        },
        "SECONDS");
    return validator;
}

void add_request_options(CLI::App& command, FetchSettings& settings) {
    using Kind = FetchSettings::Data::Kind;
    // Each as it comes: the order among -d, --data-binary and --json matters.
    const auto add_data = [&command, &settings](const std::string& name, Kind kind, const std::string& help) {
        command
            .add_option_function<std::string>(
                name, [&settings, kind](const std::string& value) { settings.data.push_back({kind, value}); }, help)
            ->trigger_on_parse()
            ->option_text("DATA")
            ->group("Request");
    };
    command.add_option("-X,--request", settings.method, "The method")
        ->take_last()
        ->option_text("METHOD")
        ->group("Request");
    command
        .add_option("-H,--header", settings.headers, "'Name: value'; 'Name:' removes a field, 'Name;' sends it empty")
        ->allow_extra_args(false)
        ->option_text("FIELD")
        ->group("Request");
    command
        .add_option("-u,--user", settings.user,
                    "Basic credentials, rather than those in a URL. Without ':' the password is empty")
        ->take_last()
        ->option_text("NAME:PASSWORD")
        ->group("Request");
    add_data("-d,--data", Kind::form, "A form to POST; @file and @- read it; several are joined by '&'");
    add_data("--data-binary", Kind::binary, "The same, but line ends in files stay");
    add_data("--data-raw", Kind::raw, "The same as -d, but '@' has no meaning");
    add_data("--json", Kind::json, "JSON to POST, with its Content-Type and Accept; several are put together");
    command
        .add_option("-T,--upload-file", settings.uploads,
                    "A file to PUT, '-' is stdin; one for each URL. Its name follows a '/' at the URL's end")
        ->allow_extra_args(false)
        ->option_text("FILE")
        ->group("Request");
    command.add_flag("-G,--get", settings.data_in_query, "Put the data into the URL's query, and GET")
        ->group("Request");
    command.add_flag("-I,--head", settings.head, "Ask with HEAD, and show the head of the response")->group("Request");
    const auto add_field = [&command, &settings](const std::string& name, const char* field) {
        command
            .add_option_function<std::string>(
                name,
                [&settings, field](const std::string& value) {
                    settings.headers.push_back(std::string(field) + ": " + value);
                },
                "The field " + std::string(field))
            ->take_last()
            ->option_text("TEXT")
            ->group("Request");
    };
    add_field("-A,--user-agent", "User-Agent");
    add_field("-e,--referer", "Referer");
    command.add_flag("--compressed", settings.without_meaning, "Accepted for curl's sake; there is no decoding yet")
        ->group("Request");
    command
        .add_flag("-N,--no-buffer,-#,--progress-bar,--http1.1", settings.without_meaning,
                  "Accepted for curl's sake: it is so anyhow")
        ->group("Request");
}

void add_output_options(CLI::App& command, FetchSettings& settings) {
    command.add_option("-o,--output", settings.outputs, "A file for the body: the first for the first URL, and so on")
        ->allow_extra_args(false)
        ->option_text("FILE")
        ->group("Output");
    command.add_flag("-i,--include", settings.include, "Show the head of the response too")->group("Output");
    command
        .add_option("-w,--write-out", settings.write_out,
                    "Write this after each transfer, see below; @file and @- read it")
        ->take_last()
        ->option_text("FORMAT")
        ->group("Output");
    command.add_flag("-s,--silent", settings.silent, "No progress, no errors")->group("Output");
    command.add_flag("-S,--show-error", settings.show_error, "Errors in spite of -s")->group("Output");
    command.add_flag("-v,--verbose", settings.verbose, "Tell on stderr what happens; secrets are masked")
        ->group("Output");
    command.add_flag("-f,--fail", settings.fail, "A status of 400 and above is a failure (22), without its body")
        ->group("Output");
}

void add_limit_options(CLI::App& command, FetchSettings& settings) {
    command.add_option("-m,--max-time", settings.max_time, "For each transfer as a whole")
        ->check(seconds())
        ->take_last()
        ->option_text("SECONDS")
        ->group("Limits");
    command.add_option("--connect-timeout", settings.connect_timeout, "For lookup and connect together; else 300")
        ->check(seconds())
        ->take_last()
        ->option_text("SECONDS")
        ->group("Limits");
    command
        .add_option("--expect100-timeout", settings.expect_timeout,
                    "How long -T of more than 1 MiB, or of unknown length, waits for 100 Continue; else 1")
        ->check(seconds())
        ->take_last()
        ->option_text("SECONDS")
        ->group("Limits");
    command
        .add_option("--retry", settings.retries,
                    "Try so often again after a timeout, and after 408, 429, 500, 502, 503 and 504")
        ->take_last()
        ->option_text("N")
        ->group("Limits");
    command.add_option("--max-filesize", settings.max_filesize, "A larger body is a failure (63)")
        ->take_last()
        ->option_text("BYTES")
        ->group("Limits");
    command.add_option("--read-timeout", settings.read_timeout, "Without a byte of the response")
        ->check(seconds())
        ->take_last()
        ->option_text("SECONDS")
        ->group("Limits");
    command
        .add_option("--resolve", settings.resolve,
                    "HOST:PORT:ADDRESS[,ADDRESS...]: do not look this host up, but go to these addresses")
        ->allow_extra_args(false)
        ->option_text("ENTRY")
        ->group("Request");
    command
        .add_flag("-Z,--parallel", settings.parallel, "All transfers at once; stdout has them in order all the same")
        ->group("Limits");
    command.add_option("--parallel-max", settings.parallel_max, "How many at once; else 50, at most 300")
        ->check(CLI::Range(1U, 300U))
        ->take_last()
        ->option_text("N")
        ->group("Limits");
}

void add_connection_options(CLI::App& command, FetchSettings& settings) {
    std::vector<std::string> transports;
    transports.reserve(getter_kinds.size());
    for (const GetterKind& kind : getter_kinds) {
        transports.emplace_back(kind.transport);
    }
    command.add_option("--transport", settings.transport, "The event loop; else loop, which is ferry's own")
        ->check(CLI::IsMember(transports))
        ->option_text("NAME")
        ->group("Connection");
    command
        .add_option("--unix-socket", settings.unix_socket, "Connect to this Unix domain socket, whatever host is named")
        ->check([](const std::string& path) { return path.empty() ? "the path is empty" : std::string(); })
        ->option_text("PATH")
        ->group("Connection");
}

// Of curl's options those that are missed first: what to do instead.
void add_hints(CLI::App& command) {
    const auto add = [&command](const std::string& names, const std::string& hint) {
        command.add_flag_function(names, [hint](std::int64_t) { throw CLI::ValidationError(hint); })
            ->trigger_on_parse()
            ->group("");  // not in --help
    };
    add("-L,--location", "-L: redirects are not followed in this version of ferry");
    add("-k,--insecure", "-k: https is not available in this version of ferry");
    add("-O,--remote-name", "-O is not known: name the file with -o");
}

std::string footer() {
    return fmt::format(
        "-w knows \\n, \\t, \\r, \\\\, %% and these:\n{}\n"
        "Times are counted from the start of the transfer. A limit of 0 seconds is none. Of an option that is\n"
        "given twice the last counts; -d, -H, -o, -T, --resolve and the like add up.\n\n"
        "Exit codes, as curl's: 0 all is well, 1 protocol not supported, 2 wrong usage, 3 malformed URL,\n"
        "6 name not found, 7 cannot connect, 8 malformed response, 18 body cut short, 22 status 400 and above\n"
        "with -f, 23 cannot write, 26 cannot read a file, 28 timeout, 52 empty reply, 55 cannot send,\n"
        "56 cannot receive, 63 body too large. With several URLs: that of the last one that failed.\n",
        WriteOut::help());
}

}  // namespace

void add_fetch(CLI::App& app) {
    const auto settings = std::make_shared<FetchSettings>();
    CLI::App& command = *app.add_subcommand("fetch", "Get URLs, with some of curl's options, by its names");
    // One option for both, which keeps the order that -o and -T count by.
    command
        .add_option("URL,--url", settings->urls,
                    "http:// if there is no scheme. One client gets all: connections are reused")
        ->option_text("...")
        ->group("Request");
    add_request_options(command, *settings);
    add_output_options(command, *settings);
    add_hints(command);
    add_connection_options(command, *settings);
    add_limit_options(command, *settings);
    command.footer(footer());
    command.callback([settings] {
        if (settings->urls.empty()) {
            throw CLI::RequiredError("URL");  // as CLI11 does, which would call it --url
        }
        exit_with(fetch(*settings));
    });
}

}  // namespace ferry::tools
