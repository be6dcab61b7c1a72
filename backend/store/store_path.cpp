#include "backend/core/files.h"
#include "backend/store/store.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;

namespace {

// In a folder that others may write, such as /tmp, anybody can lay a store for those who work
// below.
bool isOwn(const fs::path& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 && about.st_uid == ::geteuid();
}

}  // namespace

fs::path defaultStorePath() {
    if (const char* named = std::getenv("RINGSCOPE_DB"); named != nullptr && *named != '\0')
        return named;
    std::error_code failed;
    for (fs::path folder = fs::current_path(failed); !failed && !folder.empty();
         folder = folder.parent_path()) {
        const fs::path store = folder / ".ringscope" / "ringscope.db";
        if (isOwn(store.parent_path()) && isOwn(store)) return store;
        if (folder == folder.root_path()) break;
    }
    return dataDirectory() / "ringscope.db";
}

}  // namespace ringscope
