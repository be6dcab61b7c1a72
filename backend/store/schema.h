// The store's schema and the way from any older one to it.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace ringscope::store {

inline constexpr std::int64_t applicationId = 0x52534350;  // "RSCP"

// Brings a file from schema `from` to the next one. Schema 0 is a file with nothing in it but our
// application_id, so that the first row is what makes a new store.
struct Migration {
    int from = 0;
    std::string_view sql;
};
std::span<const Migration> migrationTable();

// The schema this program reads and writes: where the table leads.
int knownSchema(std::span<const Migration> migrations);

// Applies every row from the file's schema on; the caller holds a transaction.
Result<void> applyMigrations(Database& database, std::span<const Migration> migrations);

// One transaction for all rows, after a copy of the file as it was has been put beside it. Where
// anything fails the file is as it was, and the copy is gone. Answers the copy's path; an empty one
// where another program was faster and nothing was left to do.
Result<std::filesystem::path> upgrade(Database& database, std::span<const Migration> migrations);

// Refuses a database that says it is a store and lacks a store's tables.
Result<void> checkTables(Database& database);

}  // namespace ringscope::store
