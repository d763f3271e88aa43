// Where a body goes: standard output, or a file.
#pragma once

#include "tools/descriptor.hpp"

#include <ferry/buffer.hpp>

#include <string>
#include <string_view>

namespace ferry::tools {

/// Writes at once, without a buffer. All functions throw FetchFailure (write_error) that names the output.
class Sink {
public:
    /// Standard output if `file` is empty. The file is made, or emptied, by open().
    explicit Sink(std::string file) : file_(std::move(file)) {}

    void open();
    void write(ConstBuffer bytes);
    void write(std::string_view text) { write(as_bytes(text)); }
    /// Tells of what the system noticed late, such as a full disk.
    void close();

    [[nodiscard]] bool is_stdout() const noexcept { return file_.empty(); }

private:
    [[noreturn]] void fail(int error) const;

    std::string file_;
    Descriptor opened_;
};

/// Opens what of descriptors 0 to 2 is closed, so that no socket becomes standard output. Writing to such a one fails.
void keep_standard_descriptors() noexcept;

}  // namespace ferry::tools
