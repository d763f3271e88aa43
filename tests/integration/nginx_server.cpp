#include "tests/integration/nginx_server.hpp"

#include <ferry/client.hpp>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace ferry::test {
namespace {

constexpr int attempts = 5;  // somebody may take the port between finding and using it

// One process, whoever started it: a worker of a server that root starts could not read the folder.
constexpr std::string_view settings_around = R"(
daemon off;
master_process off;
pid FOLDER/pid;
error_log stderr warn;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path FOLDER/client;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    types { text/html html; text/plain txt; }
    server {
        listen 127.0.0.1:PORT;
        root FOLDER/root;
        location = /status { stub_status; }
        SETTINGS
    }
}
)";

void replace(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

}  // namespace

Nginx::Nginx(std::string_view settings) {
    write("empty.txt", "");
    for (int i = 0; i < attempts; ++i) {
        if (start(settings)) {
            return;
        }
    }
    throw std::runtime_error("nginx does not start: " + process_->output());
}

bool Nginx::start(std::string_view settings) {
    const std::string program = find_program("nginx");
    if (program.empty()) {
        throw std::runtime_error("nginx is not installed; scripts/setup test installs it");
    }
    const std::uint16_t port = unused_port();
    std::string text(settings_around);
    replace(text, "SETTINGS", settings);
    replace(text, "FOLDER", folder_.path().string());
    replace(text, "PORT", std::to_string(port));
    folder_.write("nginx.conf", text);
    url_ = "http://127.0.0.1:" + std::to_string(port);
    process_ = std::make_unique<Process>(
        std::vector<std::string>{program, "-p", folder_.path().string(), "-c", folder_.path() / "nginx.conf"},
        folder_.path() / "log");
    return eventually([&] { return !process_->running() || accepts_connections(port); }) && process_->running();
}

void Nginx::write(std::string_view name, std::string_view content) const {
    folder_.write("root/" + std::string(name), content);
}

std::string Nginx::read(std::string_view name) const {
    std::ifstream file(folder_.path() / "root" / name, std::ios::binary);
    if (!file) {
        throw std::runtime_error("nginx has no file " + std::string(name));
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t Nginx::accepted() const {
    const Response status = ferry::get(url_ + "/status").raise_for_status();
    // "server accepts handled requests\n 31 31 70"
    std::istringstream numbers(status.text().substr(status.text().find("requests") + std::string("requests").size()));
    std::uint64_t count = 0;
    numbers >> count;
    return count;
}

}  // namespace ferry::test
