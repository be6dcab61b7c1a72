#include "backend/store/store_file.h"

#include "backend/core/files.h"
#include "backend/core/ids.h"
#include "backend/core/units.h"
#include "backend/store/file_system.h"
#include "backend/store/schema.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace ringscope::store {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::string_view elsewhere = "; name another file with --db";

Error refuse(ErrorCode code, const fs::path& path, const std::string& what,
             std::string_view advice = elsewhere) {
    return {code, "'" + path.string() + "' " + what + std::string(advice)};
}

Error systemError(const std::string& what, int number) {
    return {ErrorCode::Unavailable, what + ": " + std::generic_category().message(number) +
                                        "; name another place with --db"};
}

bool allows(const fs::path& path, int access) {
    return ::faccessat(AT_FDCWD, path.c_str(), access, AT_EACCESS) == 0;
}
bool canWrite(const fs::path& path) { return allows(path, W_OK); }

// The first 100 bytes, as SQLite's file format lays them out.
struct FileHeader {
    std::array<unsigned char, 100> bytes{};
    std::int64_t fileSize = 0;

    std::int64_t number(std::size_t at, int width) const {
        std::int64_t value = 0;
        for (int i = 0; i < width; ++i)
            value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
        return value;
    }
    bool isSqlite() const { return std::equal(magic.begin(), magic.end(), bytes.begin()); }
    std::int64_t applicationId() const { return number(68, 4); }
    std::int64_t schema() const { return number(60, 4); }
    // The size the file says it has; 0 where it does not say.
    std::int64_t statedSize() const {
        const std::int64_t pageSize = number(16, 2) == 1 ? 65536 : number(16, 2);
        const bool pagesCounted = number(24, 4) == number(92, 4);
        return pagesCounted ? pageSize * number(28, 4) : 0;
    }
};

Result<FileHeader> readHeader(const fs::path& path) {
    RINGSCOPE_TRY(Database database, Database::open(path, Database::Mode::ReadOnly));
    sqlite3_file* file = nullptr;
    ::sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    FileHeader header;
    std::error_code failed;
    header.fileSize = static_cast<std::int64_t>(fs::file_size(path, failed));
    if (failed) return systemError("cannot read '" + path.string() + "'", failed.value());
    const std::int64_t wanted = std::min(header.fileSize, std::ssize(header.bytes));
    const int code = file->pMethods->xRead(file, header.bytes.data(), static_cast<int>(wanted), 0);
    if (code != SQLITE_OK) return database.error(code);
    return header;
}

bool hasPendingLog(const fs::path& path) {
    std::error_code none;
    const std::uintmax_t size = fs::file_size(path.string() + "-wal", none);
    return !none && size > 0;
}

Result<void> checkHeader(const fs::path& path, const FileHeader& header) {
    if (header.fileSize == 0)
        return refuse(ErrorCode::Corrupt, path, "is an empty file, not a Ringscope store",
                      "; delete it or name another file with --db");
    if (!header.isSqlite())
        return refuse(ErrorCode::Corrupt, path, "is no SQLite file, so not a Ringscope store");
    if (header.fileSize >= std::ssize(header.bytes) && header.applicationId() != applicationId)
        return refuse(ErrorCode::Corrupt, path,
                      "is a database of another program, not a Ringscope store");
    // While a log is being copied into the file, the first page may arrive before the last.
    if (header.fileSize < std::max(header.statedSize(), std::ssize(header.bytes)) &&
        !hasPendingLog(path))
        return refuse(ErrorCode::Corrupt, path,
                      "is cut short: " + formatCount(header.fileSize) + " of " +
                          formatCount(header.statedSize()) + " bytes are there",
                      "; put a copy in its place or name another file with --db");
    if (header.schema() > knownSchema(migrationTable())) return newerSchema(path, header.schema());
    return {};
}

void removeDatabase(const fs::path& path) {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
        std::error_code ignored;
        fs::remove(path.string() + suffix, ignored);
    }
}

Result<void> buildStore(const fs::path& path) {
    RINGSCOPE_TRY(Database database, Database::open(path, Database::Mode::Create));
    const bool shared = !networkFileSystem(path).empty();
    RINGSCOPE_TRY(Transaction transaction, Transaction::write(database));
    RINGSCOPE_CHECK(database.run("PRAGMA application_id = " + std::to_string(applicationId)));
    RINGSCOPE_CHECK(applyMigrations(database, migrationTable()));
    RINGSCOPE_CHECK(transaction.commit());
    return database.run(shared ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL");
}

// Gives a finished file its name in one step, and never replaces another file.
Result<void> giveName(const fs::path& unnamed, const fs::path& name) {
    std::error_code failed;
    fs::create_hard_link(unnamed, name, failed);
    if (!failed || failed == std::errc::file_exists) return {};
    // A file system without hard links.
    if (fs::exists(name)) return {};
    fs::rename(unnamed, name, failed);
    if (failed) return systemError("cannot make the store '" + name.string() + "'", failed.value());
    return {};
}

}  // namespace

fs::path realPath(const fs::path& path) {
    std::error_code failed;
    const fs::path absolute = fs::absolute(path, failed);
    const fs::path real = fs::weakly_canonical(absolute, failed);
    return failed ? absolute : real;
}

Error newerSchema(const fs::path& path, std::int64_t schema) {
    return refuse(ErrorCode::Unavailable, path,
                  "was written by a newer Ringscope (schema " + std::to_string(schema) +
                      ", this one knows " + std::to_string(knownSchema(migrationTable())) + ")",
                  "; upgrade Ringscope or name another file with --db");
}

Result<void> checkStoreFile(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (failed) return systemError("cannot read '" + path.string() + "'", failed.value());
    if (fs::is_directory(status))
        return refuse(ErrorCode::Corrupt, path, "is a folder, not a Ringscope store",
                      "; name a file in it, such as '" + (path / "ringscope.db").string() + "'");
    if (!fs::is_regular_file(status))
        return refuse(ErrorCode::Corrupt, path,
                      "is not a regular file, so it is no Ringscope store");
    if (!allows(path, R_OK)) return systemError("cannot read '" + path.string() + "'", errno);
    RINGSCOPE_TRY(const FileHeader header, readHeader(path));
    if (checkHeader(path, header).ok()) return {};
    // Another program may have been writing the header: only what fails twice is refused.
    RINGSCOPE_TRY(const FileHeader again, readHeader(path));
    return checkHeader(path, again);
}

Result<void> createStoreFile(const fs::path& path) {
    const fs::path folder = path.parent_path();
    if (const Result<void> folderMade = makePrivateFolder(folder); !folderMade.ok())
        return Error{folderMade.error().code,
                     folderMade.error().message + "; name another place with --db"};
    if (!canWrite(folder))
        return systemError("cannot make a store in '" + folder.string() + "'", errno);
    const fs::path unnamed = path.string() + "." + RunId::random().text.substr(0, 8) + ".new";
    Result<void> made = buildStore(unnamed);
    if (made.ok()) made = giveName(unnamed, path);
    removeDatabase(unnamed);
    return made;
}

Result<void> checkWritable(const fs::path& path) {
    if (!canWrite(path)) return systemError("cannot write to '" + path.string() + "'", errno);
    if (!canWrite(path.parent_path()))
        return systemError("cannot write to '" + path.string() +
                               "', which needs files beside it in '" + path.parent_path().string() +
                               "'",
                           errno);
    return {};
}

Result<Database> openForReading(const fs::path& path) {
    const bool folderIsWritable = canWrite(path.parent_path());
    // Only a connection that can write removes SQLite's helper files when it closes.
    if (folderIsWritable && canWrite(path)) {
        RINGSCOPE_TRY(Database database, Database::open(path, Database::Mode::ReadWrite));
        RINGSCOPE_CHECK(database.run("PRAGMA query_only = ON"));
        return database;
    }
    const bool untouched = !folderIsWritable && !hasPendingLog(path);
    return Database::open(path, untouched ? Database::Mode::Immutable : Database::Mode::ReadOnly);
}

}  // namespace ringscope::store
