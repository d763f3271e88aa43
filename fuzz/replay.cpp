// A main for a fuzz target without a fuzzer: runs it on files, on all files of folders, or on standard input (AFL++).
#include "fuzz/target.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

void run(std::istream& stream) {
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 1) {
        run(std::cin);
        return 0;
    }
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        const auto file = [&count](const std::filesystem::path& path) {
            std::ifstream stream(path, std::ios::binary);
            if (!stream) {
                std::cerr << "cannot open " << path << '\n';
                std::exit(1);
            }
            run(stream);
            ++count;
        };
        if (std::filesystem::is_directory(argv[i])) {
            for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
                if (entry.is_regular_file()) {
                    file(entry.path());
                }
            }
        } else {
            file(argv[i]);
        }
    }
    std::cout << count << " inputs\n";
    return count > 0 ? 0 : 1;
}
