#include "backend/core/files.h"
#include "backend/store/store.h"

#include <cstdlib>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;

fs::path defaultStorePath() {
    if (const char* named = std::getenv("RINGSCOPE_DB"); named != nullptr && *named != '\0')
        return named;
    std::error_code failed;
    for (fs::path folder = fs::current_path(failed); !failed && !folder.empty();
         folder = folder.parent_path()) {
        const fs::path store = folder / ".ringscope" / "ringscope.db";
        std::error_code unreadable;
        if (fs::exists(store, unreadable)) return store;
        if (folder == folder.root_path()) break;
    }
    return dataDirectory() / "ringscope.db";
}

}  // namespace ringscope
