#include "backend/store/selector.h"

#include "backend/core/text.h"
#include "backend/store/statement.h"

#include <array>
#include <optional>
#include <string>

namespace ringscope::store {
namespace {

constexpr std::string_view lastExperiment = "@last";
constexpr std::string_view lastRun = "@last-run";

using Ids = Result<std::vector<RunId>>;

Ids ids(Statement& query) {
    std::vector<RunId> found;
    for (;;) {
        RINGSCOPE_TRY(const bool more, query.next());
        if (!more) return found;
        found.push_back(RunId{query.text()});
    }
}

// The runs of one experiment in the order they were made; references only where nothing else is.
Ids runsOfExperiment(Database& database, const std::string& experimentId) {
    Statement query(database,
                    "SELECT uuid FROM run WHERE experiment_id = ?1 AND (reference = 0 OR NOT "
                    "EXISTS (SELECT 1 FROM run WHERE experiment_id = ?1 AND reference = 0)) "
                    "ORDER BY id",
                    experimentId);
    return ids(query);
}

Ids newestExperiment(Database& database, std::string_view /*word*/) {
    Statement query(database,
                    "SELECT experiment_id FROM run ORDER BY created_us DESC, id DESC LIMIT 1");
    RINGSCOPE_TRY(const bool found, query.next());
    if (!found) return std::vector<RunId>();
    return runsOfExperiment(database, query.text());
}

Ids newestRun(Database& database, std::string_view /*word*/) {
    Statement query(database, "SELECT uuid FROM run ORDER BY created_us DESC, id DESC LIMIT 1");
    return ids(query);
}

Ids byId(Database& database, std::string_view word) {
    Statement query(database, "SELECT uuid FROM run WHERE uuid = ?", word);
    return ids(query);
}

// Repeated experiments give runs the same names: the newest experiment's are found.
Ids byName(Database& database, std::string_view word) {
    Statement query(database,
                    "SELECT uuid FROM run WHERE name = ?1 AND experiment_id = (SELECT "
                    "experiment_id FROM run WHERE name = ?1 ORDER BY created_us DESC, id DESC "
                    "LIMIT 1) ORDER BY id",
                    word);
    return ids(query);
}

Ids byExperiment(Database& database, std::string_view word) {
    Statement query(database,
                    "SELECT experiment_id FROM run WHERE experiment_id = ?1 OR experiment = ?1 "
                    "ORDER BY experiment_id <> ?1, created_us DESC, id DESC LIMIT 1",
                    word);
    RINGSCOPE_TRY(const bool found, query.next());
    if (!found) return std::vector<RunId>();
    return runsOfExperiment(database, query.text());
}

Ids byPrefix(Database& database, std::string_view word) {
    Statement query(database,
                    "SELECT uuid, name FROM run WHERE substr(uuid, 1, length(?1)) = ?1 "
                    "ORDER BY created_us DESC, id DESC LIMIT 4",
                    toLower(word));
    std::vector<RunId> found;
    std::vector<std::string> names;
    for (;;) {
        RINGSCOPE_TRY(const bool more, query.next());
        if (!more) break;
        found.push_back(RunId{query.text()});
        names.push_back(found.back().text.substr(0, 13) + " (" + query.text() + ")");
    }
    if (found.size() < 2) return found;
    if (names.size() == 4) names.back() = "others";
    const std::string last = names.back();
    names.pop_back();
    return Error{ErrorCode::NotFound, "'" + std::string(word) +
                                          "' begins the ids of several runs: " + join(names, ", ") +
                                          " and " + last + "; give more of the id"};
}

Result<std::vector<std::string>> knownWords(Database& database) {
    std::vector<std::string> words{std::string(lastExperiment), std::string(lastRun)};
    Statement query(database, "SELECT name FROM run UNION SELECT experiment FROM run");
    for (;;) {
        RINGSCOPE_TRY(const bool more, query.next());
        if (!more) return words;
        words.push_back(query.text());
    }
}

// The name whose last part is `word` ("zigzag" of "four-modes/zigzag"), else the nearest name.
std::optional<std::string> suggestion(std::string_view word,
                                      const std::vector<std::string>& words) {
    const std::string lastPart = "/" + std::string(word);
    for (const std::string& known : words)
        if (known.ends_with(lastPart)) return known;
    return nearestWord(word, words);
}

Error unknown(Database& database, std::string_view word, const std::vector<std::string>& words) {
    const std::string file = "'" + database.path().string() + "'";
    if (words.size() == 2)
        return {ErrorCode::NotFound,
                "there are no runs in " + file + " yet; start some with `ringscope demo`"};
    const std::string nothing =
        "no run or experiment in " + file + " is called '" + std::string(word) + "'";
    if (const std::optional<std::string> known = suggestion(word, words))
        return {ErrorCode::NotFound, nothing + "; did you mean '" + *known + "'?"};
    return {ErrorCode::NotFound, nothing + "; `ringscope runs ls` lists what there is"};
}

}  // namespace

Ids selectRuns(Database& database, std::string_view selector) {
    struct Reading {
        std::string_view only;  // the one word it reads; empty: any
        Ids (*find)(Database&, std::string_view word);
    };
    constexpr std::array readings = {
        Reading{lastExperiment, newestExperiment},
        Reading{lastRun, newestRun},
        Reading{"", byId},
        Reading{"", byName},
        Reading{"", byExperiment},
        Reading{"", byPrefix},
    };
    const std::string_view word = trim(selector);
    for (const Reading& reading : readings) {
        if (word.empty() || (!reading.only.empty() && reading.only != word)) continue;
        RINGSCOPE_TRY(std::vector<RunId> found, reading.find(database, word));
        if (!found.empty()) return found;
    }
    RINGSCOPE_TRY(const std::vector<std::string> words, knownWords(database));
    return unknown(database, word, words);
}

}  // namespace ringscope::store
