#include "ui/live/place_kind.h"

#include "backend/migration/migration.h"
#include "backend/migration/source_table.h"
#include "backend/store/nsys_trace.h"
#include "backend/store/store.h"
#include "backend/trace/trace_files.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t headRead = 64 << 10;
constexpr std::string_view sqliteMark = "SQLite format 3";
constexpr std::string_view traceMark = "RSCPTRC";
constexpr std::string_view gzipMark = "\x1f\x8b";
constexpr const char* storeName = "ringscope.db";

constexpr std::pair<PlaceKind, const char*> kindNames[] = {
    {PlaceKind::Experiment, "experiment"},
    {PlaceKind::Trace, "trace"},
    {PlaceKind::Store, "store"},
    {PlaceKind::Configuration, "configuration"}};

std::string inQuotes(const fs::path& path) { return "'" + path.string() + "'"; }

std::string headOf(const fs::path& file) {
    std::string head(headRead, '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
    return head;
}

// A list of events, or an object that has one.
bool isChromeTrace(std::string_view head) {
    const auto first = std::ranges::find_if_not(
        head, [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
    if (first == head.end()) return false;
    if (*first == '[') return head.find("\"ph\"") != std::string_view::npos;
    return *first == '{' && (head.find("\"traceEvents\"") != std::string_view::npos ||
                             head.find("\"deviceProperties\"") != std::string_view::npos);
}

Result<Place> databaseOf(const fs::path& file) {
    const auto store = Store::open(file, Store::Access::ReadOnly);
    if (store.ok()) return Place{PlaceKind::Store, file};
    if (isNsysExport(file)) return Place{PlaceKind::Trace, file};
    return store.error();
}

Result<Place> configurationOf(const fs::path& file) {
    RINGSCOPE_TRY(const MigrationInput input, openSource(file.string()));
    RINGSCOPE_TRY(const Migration migration, migrate(input));
    const bool ours = migration.source.kind == ringscopeKind;
    return Place{ours ? PlaceKind::Experiment : PlaceKind::Configuration, file};
}

Result<Place> fileOf(const fs::path& file) {
    const std::string head = headOf(file);
    if (head.starts_with(sqliteMark)) return databaseOf(file);
    if (head.starts_with(traceMark)) return Place{PlaceKind::Trace, file.parent_path()};
    if (head.starts_with(gzipMark) && traceKindNamed(file) == TraceKind::Chrome)
        return Place{PlaceKind::Trace, file};
    if (isChromeTrace(head)) return Place{PlaceKind::Trace, file};
    return configurationOf(file);
}

Result<Place> folderOf(const fs::path& folder, const fs::path& openStore) {
    std::error_code failed;
    for (const fs::path& inside : {folder / storeName, folder / ".ringscope" / storeName})
        if (fs::is_regular_file(inside, failed)) return placeOf(inside, openStore);
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (!traceKindNamed(entry.path()) || !entry.is_regular_file(failed)) continue;
        const Result<Place> inside = fileOf(entry.path());
        if (inside.ok() && inside->kind == PlaceKind::Trace) return Place{PlaceKind::Trace, folder};
    }
    return Error{ErrorCode::InvalidConfig,
                 "the folder " + inQuotes(folder) + " holds no trace and no store"};
}

}  // namespace

QString placeKindName(PlaceKind kind) {
    const auto* found =
        std::ranges::find(kindNames, kind, &std::pair<PlaceKind, const char*>::first);
    return QLatin1String(found->second);
}

Result<PlaceKind> placeKindFromName(const QString& name) {
    for (const auto& [kind, word] : kindNames)
        if (name == QLatin1String(word)) return kind;
    return Error{ErrorCode::InvalidConfig, "no kind of file: '" + name.toStdString() + "'"};
}

Result<Place> placeOf(const fs::path& path, const fs::path& openStore) {
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed).lexically_normal();
    if (!fs::exists(whole, failed))
        return Error{ErrorCode::NotFound, inQuotes(whole) + " is not there any more"};
    if (fs::equivalent(whole, openStore, failed)) return Place{PlaceKind::Store, whole};
    if (fs::is_directory(whole, failed)) return folderOf(whole, openStore);
    if (!fs::is_regular_file(whole, failed))
        return Error{ErrorCode::InvalidConfig, inQuotes(whole) + " is no file"};
    return fileOf(whole);
}

}  // namespace ringscope::ui
