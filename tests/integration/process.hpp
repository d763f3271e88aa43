// Real servers as child processes of a test: found, started, waited for, ended by their pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::test {

/// A new folder that goes away with the object.
class TempFolder {
public:
    TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Makes a file in it, and the folders that it lies in.
    void write(std::string_view name, std::string_view content) const;

private:
    std::filesystem::path path_;
};

/// A program that runs until this object goes.
class Process {
public:
    /// `command[0]` is looked up in PATH. What it prints, on either output, goes to the file `log`.
    Process(const std::vector<std::string>& command, std::filesystem::path log);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// SIGTERM, and SIGKILL if that does not help.
    ~Process();

    [[nodiscard]] bool running();
    /// What it has printed so far.
    [[nodiscard]] std::string output() const;

private:
    [[nodiscard]] bool wait(std::chrono::milliseconds patience);

    std::filesystem::path log_;
    pid_t pid_ = -1;
};

/// The full path of a program, looked up in PATH and in the folders of system programs; empty if there is none.
[[nodiscard]] std::string find_program(const std::string& name);

/// A loopback port that nobody had a moment ago.
[[nodiscard]] std::uint16_t unused_port();

/// True if something listens there.
[[nodiscard]] bool accepts_connections(std::uint16_t port);

/// Asks again and again until it is true; false if it is not within `patience`.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience = std::chrono::seconds(30));

}  // namespace ferry::test
