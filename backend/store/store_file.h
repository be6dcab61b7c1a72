// A store as a file: checks what is at a path before SQLite opens it as a store, and creates new
// stores, which appear complete or not at all.
//
// The file is read through SQLite's own handle only: closing any other handle would drop the locks
// that another connection of this program holds on the file.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <cstdint>
#include <filesystem>

namespace ringscope::store {

// Absolute, links followed.
std::filesystem::path realPath(const std::filesystem::path& path);

// Fails if the file is no Ringscope store: a folder, an empty file, another program's database, one
// that is cut short, one of a newer Ringscope. Changes nothing and leaves nothing beside it.
Result<void> checkStoreFile(const std::filesystem::path& path);

Error newerSchema(const std::filesystem::path& path, std::int64_t schema);

// Creates the file and its folder. If another program does the same at the same time, one of the
// two files is kept and both programs use it.
Result<void> createStoreFile(const std::filesystem::path& path);

// Fails with Unavailable if this user cannot write to the file and its folder.
Result<void> checkWritable(const std::filesystem::path& path);

// A connection for reading. It leaves no files beside the store if that is possible.
Result<Database> openForReading(const std::filesystem::path& path);

}  // namespace ringscope::store
