// The store's schema, and the upgrade of older ones to it.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace ringscope::store {

inline constexpr std::int64_t applicationId = 0x52534350;  // "RSCP"

// Brings a file from schema `from` to the next one. Schema 0 is a file that holds nothing but the
// application_id, so the first row makes a new store.
struct Migration {
    int from = 0;
    std::string_view sql;
};
std::span<const Migration> migrationTable();

// The schema this program reads and writes: the one after the last row.
int knownSchema(std::span<const Migration> migrations);

// Applies every row from the file's schema on. The caller must hold a write transaction.
Result<void> applyMigrations(Database& database, std::span<const Migration> migrations);

// Copies the file to a backup beside it, then applies all rows in one transaction. If anything
// fails, the file is unchanged and the backup is removed. So is what an upgrade left that was
// killed while it copied. Returns the backup's path, or an empty
// one if another program has upgraded the file meanwhile.
Result<std::filesystem::path> upgrade(Database& database, std::span<const Migration> migrations);

// Fails with Corrupt if the file holds a trigger or a view: it would be run by whoever opens the
// store, and none was ever part of one.
Result<void> refuseForeignCode(Database& database);

// Fails with Corrupt if a table of the store is missing.
Result<void> checkTables(Database& database);

}  // namespace ringscope::store
