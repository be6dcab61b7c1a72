#include "backend/store/schema.h"

#include "backend/store/statement.h"
#include "embedded/schemaV1.h"
#include "embedded/schemaV10.h"
#include "embedded/schemaV2.h"
#include "embedded/schemaV3.h"
#include "embedded/schemaV4.h"
#include "embedded/schemaV5.h"
#include "embedded/schemaV6.h"
#include "embedded/schemaV7.h"
#include "embedded/schemaV8.h"
#include "embedded/schemaV9.h"

#include <sqlite3.h>
#include <array>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace ringscope::store {
namespace fs = std::filesystem;
namespace {

constexpr std::array tables = {"meta",     "config",   "run",  "run_step",
                               "run_rank", "log_line", "event"};

fs::path freeBackupName(const fs::path& path, std::int64_t schema) {
    const std::string stem = path.string() + ".schema-" + std::to_string(schema);
    fs::path name = stem + ".backup";
    for (int i = 2; fs::exists(name); ++i) name = stem + "-" + std::to_string(i) + ".backup";
    return name;
}

// Reads through another connection: SQLite cannot copy from the one that holds the write lock.
Result<void> copyDatabase(const fs::path& from, const fs::path& to) {
    RINGSCOPE_TRY(Database source, Database::open(from, Database::Mode::ReadOnly));
    RINGSCOPE_TRY(Database target, Database::open(to, Database::Mode::Create));
    sqlite3_backup* copy = ::sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
    if (copy == nullptr) return target.error(::sqlite3_errcode(target.handle()));
    constexpr int allPages = -1;
    const int code = ::sqlite3_backup_step(copy, allPages);
    ::sqlite3_backup_finish(copy);
    if (code != SQLITE_DONE) return target.error(code);
    return {};
}

// A copy whose journal is still there was never finished. The caller holds the store's write lock,
// so no other program is copying.
void removeHalfCopies(const fs::path& store) {
    const std::string begin = store.filename().string() + ".schema-";
    constexpr std::string_view journal = "-journal";
    std::error_code failed;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(store.parent_path(), failed)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(begin) && name.ends_with(".backup" + std::string(journal)))
            found.push_back(entry.path());
    }
    for (const fs::path& file : found) {
        const std::string copy = file.string();
        fs::remove(copy.substr(0, copy.size() - journal.size()), failed);
        fs::remove(file, failed);
    }
}

// Removes a file unless keep() is called.
class ProvisionalFile {
public:
    explicit ProvisionalFile(fs::path path) : path_(std::move(path)) {}
    ProvisionalFile(const ProvisionalFile&) = delete;
    ProvisionalFile& operator=(const ProvisionalFile&) = delete;
    ~ProvisionalFile() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove(path_, ignored);
    }

    fs::path keep() { return std::exchange(path_, {}); }

private:
    fs::path path_;
};

}  // namespace

std::span<const Migration> migrationTable() {
    static const std::array<Migration, 10> table = {{
        {0, embedded::schemaV1},
        {1, embedded::schemaV2},
        {2, embedded::schemaV3},
        {3, embedded::schemaV4},
        {4, embedded::schemaV5},
        {5, embedded::schemaV6},
        {6, embedded::schemaV7},
        {7, embedded::schemaV8},
        {8, embedded::schemaV9},
        {9, embedded::schemaV10},
    }};
    return table;
}

int knownSchema(std::span<const Migration> migrations) {
    return migrations.empty() ? 0 : migrations.back().from + 1;
}

Result<void> applyMigrations(Database& database, std::span<const Migration> migrations) {
    for (const Migration& migration : migrations) {
        RINGSCOPE_TRY(const std::int64_t schema, database.number("PRAGMA user_version"));
        if (schema != migration.from) continue;
        RINGSCOPE_CHECK(database.run(std::string(migration.sql)));
        RINGSCOPE_CHECK(
            database.run("PRAGMA user_version = " + std::to_string(migration.from + 1)));
    }
    return {};
}

Result<fs::path> upgrade(Database& database, std::span<const Migration> migrations) {
    RINGSCOPE_TRY(Transaction transaction, Transaction::write(database));
    RINGSCOPE_TRY(const std::int64_t schema, database.number("PRAGMA user_version"));
    if (schema >= knownSchema(migrations)) return fs::path();

    removeHalfCopies(database.path());
    const fs::path name = freeBackupName(database.path(), schema);
    ProvisionalFile backup(name);
    Result<void> upgraded = copyDatabase(database.path(), name);
    if (upgraded.ok()) upgraded = applyMigrations(database, migrations);
    if (upgraded.ok()) upgraded = transaction.commit();
    if (!upgraded.ok())
        return std::move(upgraded).error().in("the store could not be upgraded from schema " +
                                              std::to_string(schema) + " and is unchanged");
    return backup.keep();
}

Result<void> refuseForeignCode(Database& database) {
    Statement query(database,
                    "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')");
    RINGSCOPE_TRY(const bool found, query.next());
    if (!found) return {};
    const std::string kind = query.text();
    return Error{ErrorCode::Corrupt, "'" + database.path().string() + "' holds a " + kind + " ('" +
                                         query.text() +
                                         "'), which no Ringscope makes and which could change "
                                         "what is read and written; name another file with --db"};
}

Result<void> checkTables(Database& database) {
    for (const char* table : tables) {
        Statement query(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
                        table);
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found)
            return Error{ErrorCode::Corrupt, "'" + database.path().string() +
                                                 "' is not a Ringscope store: it lacks the "
                                                 "table '" +
                                                 table + "'; name another file with --db"};
    }
    return {};
}

}  // namespace ringscope::store
