// nginx with a configuration of our own, on a free loopback port.
#pragma once

#include "tests/integration/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ferry::test {

class Nginx {
public:
    /// `settings` go into its server block; its files are those of folder().
    explicit Nginx(std::string_view settings);

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// Puts a file into the folder that is served.
    void write(std::string_view name, std::string_view content) const;
    /// What is in a file of that folder.
    [[nodiscard]] std::string read(std::string_view name) const;
    /// Connections ever accepted, as its status page counts them, that of asking among them. Each call is a connection.
    [[nodiscard]] std::uint64_t accepted() const;

private:
    [[nodiscard]] bool start(std::string_view settings);

    TempFolder folder_;
    std::string url_;
    std::unique_ptr<Process> process_;
};

}  // namespace ferry::test
