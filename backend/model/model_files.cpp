#include "backend/model/model_files.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"

#include <cerrno>
#include <fstream>

namespace ringscope {
namespace fs = std::filesystem;

std::optional<fs::path> tokenizerIn(const fs::path& folder) {
    std::error_code ignored;
    for (const char* name : {"tokenizer.json", "tokenizer.model"})
        if (fs::exists(folder / name, ignored)) return folder / name;
    return std::nullopt;
}

Result<void> copyFile(const fs::path& from, const fs::path& to) {
    std::ifstream file(from, std::ios::binary);
    if (!file) return fileError(from.string(), "read", errno);
    return writeOutput(to, [&](std::ostream& out) {
        if (file.peek() != std::ifstream::traits_type::eof()) out << file.rdbuf();
    });
}

Result<void> copyTokenizer(const fs::path& from, const fs::path& to) {
    std::error_code ignored;
    for (const std::string_view name : tokenizerFiles)
        if (fs::is_regular_file(from / name, ignored))
            RINGSCOPE_CHECK(copyFile(from / name, to / name));
    return {};
}

}  // namespace ringscope
