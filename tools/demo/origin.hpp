// `ferry serve` as a child process.
#pragma once

#include "tools/descriptor.hpp"

#include <sys/types.h>

#include <string>

namespace ferry::tools {

class Origin {
public:
    /// Starts it on a free port. Throws std::runtime_error with a sentence if it does not come up.
    explicit Origin(const std::string& program);
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;
    /// Ends it, if stop() has not.
    ~Origin();

    /// "http://127.0.0.1:41234".
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// Asks it to end, and waits. True if it ended well.
    bool stop();

private:
    [[nodiscard]] std::string read_line();

    pid_t pid_ = -1;
    Descriptor output_;
    std::string url_;
};

/// The path of a program that lies beside this one.
[[nodiscard]] std::string beside_this_program(const std::string& name);

}  // namespace ferry::tools
