// Files of a folder as replies.
#pragma once

#include "tools/serve/reply.hpp"

#include <filesystem>
#include <string_view>

namespace ferry::tools {

/// Serves what lies under one folder, and nothing else: no "..", no link that leads out of it.
class Files {
public:
    /// Throws std::filesystem::filesystem_error if `root` is not a folder.
    explicit Files(const std::filesystem::path& root);

    /// Answers GET for a target's path, still percent-encoded: a file, a folder's index.html or a list of its entries.
    void answer(std::string_view path, Reply& reply) const;

private:
    [[nodiscard]] std::filesystem::path resolve(std::string_view path) const;

    std::filesystem::path root_;
};

}  // namespace ferry::tools
