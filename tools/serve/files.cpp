#include "tools/serve/files.hpp"

#include "tools/descriptor.hpp"
#include "tools/serve/date.hpp"
#include "tools/serve/target.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>

namespace ferry::tools {
namespace fs = std::filesystem;
namespace {

struct ContentType {
    std::string_view extension;
    std::string_view type;
};
constexpr std::array content_types{
    ContentType{".css", "text/css; charset=utf-8"},
    ContentType{".csv", "text/csv; charset=utf-8"},
    ContentType{".gif", "image/gif"},
    ContentType{".gz", "application/gzip"},
    ContentType{".htm", "text/html; charset=utf-8"},
    ContentType{".html", "text/html; charset=utf-8"},
    ContentType{".ico", "image/x-icon"},
    ContentType{".jpeg", "image/jpeg"},
    ContentType{".jpg", "image/jpeg"},
    ContentType{".js", "text/javascript; charset=utf-8"},
    ContentType{".json", "application/json"},
    ContentType{".md", "text/markdown; charset=utf-8"},
    ContentType{".mp4", "video/mp4"},
    ContentType{".pdf", "application/pdf"},
    ContentType{".png", "image/png"},
    ContentType{".svg", "image/svg+xml"},
    ContentType{".txt", "text/plain; charset=utf-8"},
    ContentType{".wasm", "application/wasm"},
    ContentType{".webp", "image/webp"},
    ContentType{".xml", "application/xml"},
    ContentType{".zip", "application/zip"},
};

[[nodiscard]] std::string_view content_type(const fs::path& file) {
    std::string extension = file.extension().string();
    std::ranges::transform(extension, extension.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    const auto* const found = std::ranges::find(content_types, extension, &ContentType::extension);
    return found == content_types.end() ? "application/octet-stream" : found->type;
}

class FileBytes final : public Source {
public:
    FileBytes(Descriptor file, std::uint64_t size) noexcept : file_(std::move(file)), left_(size) {}

    Step read(Time /*now*/, std::span<std::byte> room) override {
        if (left_ == 0) {
            return {0, Next::end, {}};
        }
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, room.size()));
        const ssize_t count = ::read(file_.get(), room.data(), wanted);
        if (count < 0 && errno == EINTR) {
            return {};
        }
        if (count <= 0) {
            return {0, Next::broken, {}};  // it became shorter than the length that was promised
        }
        left_ -= static_cast<std::uint64_t>(count);
        return {static_cast<std::size_t>(count), left_ == 0 ? Next::end : Next::more, {}};
    }

private:
    Descriptor file_;
    std::uint64_t left_;
};

[[nodiscard]] std::string html_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

void answer_listing(const fs::path& folder, std::string_view path, Reply& reply) {
    std::map<std::string, std::uint64_t> entries;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        std::error_code ignored;
        const bool is_folder = entry.is_directory(ignored);
        const auto size = entry.is_regular_file(ignored) ? entry.file_size(ignored) : 0;
        entries.emplace(entry.path().filename().string() + (is_folder ? "/" : ""), ignored ? 0 : size);
    }
    const std::string title = html_escaped(percent_decoded(path).value_or(std::string(path)));
    reply.set_type("text/html; charset=utf-8");
    reply.body = "<!DOCTYPE html>\n<title>" + title + "</title>\n<h1>" + title + "</h1>\n<ul>\n";
    if (path != "/") {
        reply.body += "<li><a href=\"../\">../</a></li>\n";
    }
    for (const auto& [name, size] : entries) {
        const bool is_folder = name.ends_with('/');
        const std::string link = percent_encoded(is_folder ? std::string_view(name).substr(0, name.size() - 1) : name);
        // "./" keeps a name with a colon from looking like a scheme.
        reply.body += "<li><a href=\"./" + link + (is_folder ? "/" : "") + "\">" + html_escaped(name) + "</a>";
        reply.body += (is_folder ? "" : " " + std::to_string(size) + " bytes") + "</li>\n";
    }
    reply.body += "</ul>\n";
}

void answer_file(const fs::path& file, Reply& reply) {
    // Not blocking: a pipe in the folder must not stop the server.
    Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!opened || ::fstat(opened.get(), &status) != 0) {
        return set_error(reply, errno == EACCES ? 403 : 404, "the file cannot be opened");
    }
    if (!S_ISREG(status.st_mode)) {
        return set_error(reply, 403, "this is no regular file");
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    reply.set_type(content_type(file));
    reply.headers.set("Last-Modified", http_date(status.st_mtime));
    reply.source = std::make_unique<FileBytes>(std::move(opened), size);
    reply.length = size;
}

}  // namespace

Files::Files(const fs::path& root) : root_(fs::canonical(root)) {
    if (!fs::is_directory(root_)) {
        throw fs::filesystem_error("not a folder", root, std::make_error_code(std::errc::not_a_directory));
    }
}

// The file that a path names, links followed; empty if there is none or it lies outside of the root.
fs::path Files::resolve(std::string_view path) const {
    const auto decoded = percent_decoded(path);
    if (!decoded || decoded->find('\0') != std::string::npos) {
        return {};
    }
    const fs::path relative = fs::path(*decoded).relative_path();
    if (std::ranges::find(relative, "..") != relative.end()) {
        return {};
    }
    std::error_code error;
    fs::path file = fs::canonical(root_ / relative, error);
    const auto outside = std::ranges::mismatch(root_, file).in1;
    if (error || outside != root_.end()) {
        return {};
    }
    return file;
}

void Files::answer(std::string_view path, Reply& reply) const {
    const fs::path file = resolve(path);
    if (file.empty()) {
        return set_error(reply, 404, "there is no such file");
    }
    std::error_code error;
    if (!fs::is_directory(file, error)) {
        if (path.ends_with('/')) {
            return set_error(reply, 404, "there is no such folder");
        }
        return answer_file(file, reply);
    }
    if (!path.ends_with('/')) {
        // The last segment alone: "//host" must not become a link to elsewhere.
        reply.status = 301;
        reply.headers.set("Location", "./" + std::string(path.substr(path.rfind('/') + 1)) + "/");
        return;
    }
    if (fs::is_regular_file(file / "index.html", error)) {
        return answer(std::string(path) + "index.html", reply);
    }
    try {
        answer_listing(file, path, reply);
    } catch (const fs::filesystem_error& failure) {
        set_error(reply, 403, "the folder cannot be read: " + failure.code().message());
    }
}

}  // namespace ferry::tools
