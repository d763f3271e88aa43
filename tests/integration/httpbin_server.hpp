// httpbin under gunicorn, on a free loopback port.
#pragma once

#include "tests/integration/process.hpp"

#include <memory>
#include <string>

namespace ferry::test {

class Httpbin {
public:
    /// Waits until it answers: Python takes its time.
    Httpbin();

    [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
    TempFolder folder_;
    std::unique_ptr<Process> process_;
    std::string url_;
};

}  // namespace ferry::test
