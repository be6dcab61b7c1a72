#include "backend/store/database.h"

#include "backend/store/statement.h"

#include <sqlite3.h>
#include <utility>

namespace ringscope::store {
namespace {

// SQLite reads this path as a URI, in which these three characters must be escaped.
std::string immutableUri(const std::filesystem::path& path) {
    std::string uri = "file:";
    for (const char c : path.string()) {
        switch (c) {
            case '%':
                uri += "%25";
                break;
            case '?':
                uri += "%3f";
                break;
            case '#':
                uri += "%23";
                break;
            default:
                uri += c;
        }
    }
    return uri + "?immutable=1";
}

int openFlags(Database::Mode mode) {
    constexpr int ownedByOneThread = SQLITE_OPEN_NOMUTEX;
    switch (mode) {
        case Database::Mode::ReadWrite:
            return ownedByOneThread | SQLITE_OPEN_READWRITE;
        case Database::Mode::ReadOnly:
            return ownedByOneThread | SQLITE_OPEN_READONLY;
        case Database::Mode::Immutable:
            return ownedByOneThread | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
        case Database::Mode::Create:
            return ownedByOneThread | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                   SQLITE_OPEN_EXCLUSIVE;
    }
    return ownedByOneThread | SQLITE_OPEN_READONLY;
}

Error sentence(int code, const std::string& file, const std::string& detail) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::Locked,
                    "'" + file + "' is locked by another program; try again when it is done"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::Corrupt, "'" + file + "' is damaged (" + detail +
                                            "); move it away or name another file with --db"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {ErrorCode::Unavailable, "'" + file + "' cannot be written to (" + detail +
                                                "); mend its permissions or name another file "
                                                "with --db"};
        case SQLITE_CANTOPEN:
            return {ErrorCode::Unavailable,
                    "'" + file + "' cannot be opened (" + detail +
                        "); mend its permissions or name another file with --db"};
        case SQLITE_FULL:
            return {ErrorCode::Unavailable, "no space is left for '" + file +
                                                "'; free some or name another file with --db"};
        default:
            return {ErrorCode::Failed, "'" + file + "': " + detail};
    }
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const { ::sqlite3_close_v2(connection); }

Database::Database(std::filesystem::path path, sqlite3* connection)
    : path_(std::move(path)), connection_(connection) {}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode) {
    const std::string name = mode == Mode::Immutable ? immutableUri(path) : path.string();
    sqlite3* connection = nullptr;
    const int code = ::sqlite3_open_v2(name.c_str(), &connection, openFlags(mode), nullptr);
    Database database(path, connection);
    if (code != SQLITE_OK) return database.error(code);
    ::sqlite3_extended_result_codes(connection, 1);
    // SQLite opens a file it may not write for reading, and fails only at the first write.
    if (mode == Mode::ReadWrite && ::sqlite3_db_readonly(connection, "main") == 1)
        return sentence(SQLITE_READONLY, path.string(), "it is read-only for this user");
    return database;
}

void Database::setPatience(std::chrono::milliseconds patience) {
    ::sqlite3_busy_timeout(handle(), static_cast<int>(patience.count()));
}

Result<void> Database::run(const std::string& sql) {
    const int code = ::sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
    Statement statement(*this, sql);
    RINGSCOPE_TRY(const bool found, statement.next());
    return found ? statement.integer() : 0;
}

Result<std::string> Database::text(std::string_view sql) {
    Statement statement(*this, sql);
    RINGSCOPE_TRY(const bool found, statement.next());
    return found ? statement.text() : std::string();
}

Error Database::error(int code) const {
    const char* detail = handle() != nullptr ? ::sqlite3_errmsg(handle()) : ::sqlite3_errstr(code);
    return sentence(code, path_.string(), detail);
}

Result<Transaction> Transaction::write(Database& database) {
    RINGSCOPE_CHECK(database.run("BEGIN IMMEDIATE"));
    return Transaction(database);
}

Result<Transaction> Transaction::read(Database& database) {
    RINGSCOPE_CHECK(database.run("BEGIN"));
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    // A failed rollback needs no handling: SQLite rolls an open transaction back itself.
    if (database_ != nullptr) static_cast<void>(database_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
    RINGSCOPE_CHECK(database_->run("COMMIT"));
    database_ = nullptr;
    return {};
}

}  // namespace ringscope::store
