#include "tests/integration/httpbin_server.hpp"

#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace ferry::test {
namespace {

// The system's, which has the system's packages; the one in PATH may be another.
constexpr const char* python = "/usr/bin/python3";

// gunicorn chooses the port itself, and tells: "[INFO] Listening at: http://127.0.0.1:35647 (18462)".
[[nodiscard]] std::optional<std::string> url_in(const std::string& log) {
    constexpr std::string_view words = "Listening at: ";
    const auto at = log.find(words);
    const auto end = log.find(" (", at == std::string::npos ? 0 : at);
    if (at == std::string::npos || end == std::string::npos || log.find("Booting worker") == std::string::npos) {
        return std::nullopt;
    }
    return log.substr(at + words.size(), end - at - words.size());
}

}  // namespace

Httpbin::Httpbin() {
    if (std::system((std::string(python) + " -c 'import gunicorn, httpbin' 2>/dev/null").c_str()) != 0) {
        throw std::runtime_error("httpbin or gunicorn is not installed for " + std::string(python) +
                                 "; scripts/setup test installs them");
    }
    process_ = std::make_unique<Process>(
        std::vector<std::string>{python, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", "16",
                                 "--worker-tmp-dir", folder_.path().string(), "--keep-alive", "5", "--graceful-timeout",
                                 "1", "httpbin:app"},
        folder_.path() / "log");
    std::optional<std::string> url;
    const auto ready = [&] { return !process_->running() || (url = url_in(process_->output())).has_value(); };
    if (!eventually(ready) || !url) {
        throw std::runtime_error("gunicorn does not start: " + process_->output());
    }
    url_ = *url;
}

}  // namespace ferry::test
