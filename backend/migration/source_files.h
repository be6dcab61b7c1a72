// Which files several paths and folders mean.
#pragma once

#include "backend/migration/migration.h"

#include <string>
#include <vector>

namespace ringscope {

// A file that a user named, or that lies in a folder that a user named.
struct NamedSource {
    std::string path;
    bool fromFolder = false;
};

// Folders are looked through with all that is below them, hidden ones and links aside, for files
// whose extension is of a format that is read; in the order of their names. Paths that are not
// there are kept, so that opening them says why.
std::vector<NamedSource> namedSources(const std::vector<std::string>& paths);

inline constexpr std::size_t mostSources = 2000;

// Whether the file at `path` was read as a companion of this input.
bool isCompanionOf(const std::string& path, const MigrationInput& input);

}  // namespace ringscope
