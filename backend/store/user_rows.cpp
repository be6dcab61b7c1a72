#include "backend/store/user_rows.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/store/lost_runs.h"
#include "backend/store/run_rows.h"
#include "backend/store/statement.h"

#include <optional>
#include <string>

namespace ringscope::store {
namespace {

constexpr std::size_t longestName = 200;  // bytes
constexpr std::size_t longestNote = 20'000;

Error refused(std::string_view what, std::string_view given, std::string_view expected) {
    return {ErrorCode::InvalidConfig, "a run's " + std::string(what) + " is " +
                                          std::string(expected) + "; got '" + std::string(given) +
                                          "'"};
}

bool onOneLine(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    return !turnsDirection(text);
}

Result<void> checkName(const std::string& name) {
    const bool fits = !trim(name).empty() && name == trim(name) && name.size() <= longestName &&
                      onOneLine(name) && !name.starts_with('@');
    if (fits) return {};
    return refused("name", name,
                   "one line of at most 200 bytes, without blanks at its ends or @ at its "
                   "beginning");
}

Result<void> checkTag(const std::string& tag) {
    const bool fits = !tag.empty() && tag.size() <= longestName && onOneLine(tag) &&
                      tag.find_first_of(" ,\"'()") == std::string::npos;
    if (fits) return {};
    return refused("tag", tag, "one word without commas, quotes or parentheses");
}

Result<void> set(Database& database, std::int64_t row, std::string_view column, const auto& value) {
    return Statement(database, "UPDATE run SET " + std::string(column) + " = ? WHERE id = ?", value,
                     row)
        .finish();
}

Result<void> check(const RunChange& change) {
    if (change.name) RINGSCOPE_CHECK(checkName(*change.name));
    for (const std::string& tag : change.addTags) RINGSCOPE_CHECK(checkTag(tag));
    if (change.note && change.note->size() > longestNote)
        return Error{ErrorCode::InvalidConfig,
                     "a note has at most 20,000 bytes; got " +
                         formatCount(static_cast<std::int64_t>(change.note->size()))};
    return {};
}

}  // namespace

Result<void> changeByUser(Database& database, std::int64_t row, const RunChange& change) {
    RINGSCOPE_CHECK(check(change));
    if (change.name) RINGSCOPE_CHECK(set(database, row, "name", *change.name));
    if (change.note) RINGSCOPE_CHECK(set(database, row, "note", *change.note));
    if (change.pinned) RINGSCOPE_CHECK(set(database, row, "pinned", *change.pinned ? 1 : 0));
    if (change.archived) {
        const std::int64_t since = *change.archived ? utcMicroseconds() : 0;
        RINGSCOPE_CHECK(set(database, row, "archived_us", since));
    }
    for (const std::string& tag : change.addTags)
        RINGSCOPE_CHECK(
            Statement(database, "INSERT OR IGNORE INTO run_tag (run, tag) VALUES (?, ?)", row, tag)
                .finish());
    for (const std::string& tag : change.removeTags)
        RINGSCOPE_CHECK(
            Statement(database, "DELETE FROM run_tag WHERE run = ? AND tag = ?", row, tag)
                .finish());
    return {};
}

Result<void> removeRun(Database& database, std::int64_t row) {
    Statement query(database, "SELECT uuid, name, status, config FROM run WHERE id = ?", row);
    RINGSCOPE_CHECK(query.next());
    const std::string id = query.text();
    const std::string name = query.text();
    const std::optional<RunStatus> status = statusFromName(query.text());
    const std::int64_t config = query.integer();
    RINGSCOPE_TRY(const std::vector<LostRun> lost, lostRuns(database, row));
    const bool gone = !lost.empty() && lost.front().certain;
    if (!lost.empty() && !gone)
        return Error{ErrorCode::Unavailable,
                     "run " + id.substr(0, 8) + " (" + name +
                         ") may be going on: " + lost.front().reason +
                         "; if it is not, `ringscope runs mark-lost` says so"};
    if (!gone && (!status || !isFinal(*status)))
        return Error{ErrorCode::Unavailable,
                     "run " + id.substr(0, 8) + " (" + name + ") is still going on; stop it first"};
    RINGSCOPE_CHECK(Statement(database, "DELETE FROM run WHERE id = ?", row).finish());
    return Statement(database,
                     "DELETE FROM config WHERE id = ?1 AND NOT EXISTS "
                     "(SELECT 1 FROM run WHERE config = ?1)",
                     config)
        .finish();
}

}  // namespace ringscope::store
