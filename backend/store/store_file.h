// A store as a file: what stands at a path is looked at before SQLite is let near it, and a new
// store appears whole or not at all.
//
// The file is only ever read through SQLite's own handle: closing any other would drop the locks
// that another connection of this program holds on it.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <cstdint>
#include <filesystem>

namespace ringscope::store {

// Absolute, links followed.
std::filesystem::path realPath(const std::filesystem::path& path);

// Refuses, with nothing changed and nothing left beside it, whatever is no Ringscope store: a
// folder, an empty file, another program's database, one that is cut short, one of a newer
// Ringscope.
Result<void> checkStoreFile(const std::filesystem::path& path);

Error newerSchema(const std::filesystem::path& path, std::int64_t schema);

// Makes the file and its folder. Where another program makes it at the same moment, one of the two
// files wins and both programs use that one.
Result<void> createStoreFile(const std::filesystem::path& path);

// Refuses a file or folder that this user cannot write to.
Result<void> checkWritable(const std::filesystem::path& path);

// The connection a reader gets: one that leaves no files behind where that is possible.
Result<Database> openForReading(const std::filesystem::path& path);

}  // namespace ringscope::store
