#include "app/cli/output_file.h"

#include "backend/core/shell.h"

#include <unistd.h>
#include <filesystem>
#include <system_error>

namespace ringscope::cli {

namespace fs = std::filesystem;

Result<void> checkOutputFile(const std::string& file) {
    const auto refused = [&](const std::string& why) {
        return Error{ErrorCode::Unavailable, "cannot write '" + file + "': " + why};
    };
    std::error_code ignored;
    if (file.empty() || file.ends_with('/') || fs::is_directory(file, ignored))
        return refused("that is a folder; add the file's name");
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
        return {};  // a device or a pipe is written through
    const fs::path parent = fs::path(file).parent_path();
    const fs::path folder = parent.empty() ? fs::path(".") : parent;
    if (!fs::exists(folder, ignored))
        return refused("there is no folder '" + folder.string() +
                       "'; make it first: " + commandLine({"mkdir", "-p", folder.string()}));
    if (!fs::is_directory(folder, ignored))
        return refused("'" + folder.string() + "' is no folder");
    if (::access(folder.c_str(), W_OK) != 0)
        return refused("the folder '" + folder.string() + "' may not be written into");
    return {};
}

}  // namespace ringscope::cli
