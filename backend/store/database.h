// One SQLite connection, whose failures are sentences.
#pragma once

#include "backend/core/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace ringscope::store {

// Used by one thread. Moving keeps the connection's address, so a Statement stays valid.
class Database {
public:
    enum class Mode {
        ReadWrite,  // the file exists
        ReadOnly,   // SQLite writes nothing, but may need files beside it
        Immutable,  // nothing is locked or made beside the file, which must not change meanwhile
        Create,     // makes the file
    };

    // `path` must be absolute. The file is neither read nor locked before the first statement.
    static Result<Database> open(const std::filesystem::path& path, Mode mode);

    sqlite3* handle() const { return connection_.get(); }
    const std::filesystem::path& path() const { return path_; }

    // How long a call waits for another program's lock.
    void setPatience(std::chrono::milliseconds patience);

    // Any number of statements that return no rows.
    Result<void> run(const std::string& sql);

    // The one value of a PRAGMA or SELECT.
    Result<std::int64_t> number(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    // The last failed call of this connection, as a sentence for the user.
    Error error(int code) const;

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    Database(std::filesystem::path path, sqlite3* connection);

    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> connection_;
};

// write(): holds the write lock until commit(). Without a commit, the destructor rolls back.
// read(): everything read until its destruction is one consistent state of the database.
class Transaction {
public:
    static Result<Transaction> write(Database& database);
    static Result<Transaction> read(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;  // nullptr: over
};

}  // namespace ringscope::store
