// Reads a source tree and says where it breaks rules.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::layering {

struct Violation {
    std::string file;  // from the root, with slashes
    int line = 0;      // 0: the whole file or folder
    std::string message;
};

// Includes and process calls outside tests/.
std::vector<Violation> includeViolations(const std::filesystem::path& root);

// Length of files and of lines of C++, how headers begin, README.md of top folders, and the width
// of tables in Markdown. Fixtures and golden files are not looked at for width.
std::vector<Violation> shapeViolations(const std::filesystem::path& root);

// "file:line: message", one a line; empty for none.
std::string describe(const std::vector<Violation>& violations);

}  // namespace ringscope::layering
