#include "backend/store/selector.h"

#include "backend/core/text.h"
#include "backend/store/lost_runs.h"
#include "backend/store/statement.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <array>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

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
                    "SELECT experiment_id FROM run ORDER BY archived_us > 0, created_us DESC, "
                    "id DESC LIMIT 1");
    RINGSCOPE_TRY(const bool found, query.next());
    if (!found) return std::vector<RunId>();
    return runsOfExperiment(database, query.text());
}

Ids newestRun(Database& database, std::string_view /*word*/) {
    Statement query(database,
                    "SELECT uuid FROM run ORDER BY archived_us > 0, created_us DESC, id DESC "
                    "LIMIT 1");
    return ids(query);
}

Ids byId(Database& database, std::string_view word) {
    Statement query(database, "SELECT uuid FROM run WHERE uuid = ?", word);
    return ids(query);
}

// The runs that one word means in one experiment.
struct Candidate {
    std::vector<RunId> runs{};
    std::int64_t createdUs = 0;
    std::string state{};  // of the last of them: "failed: rank 1 was ended by SIGKILL"
    bool finished = false;
};

// Of a name that several experiments used, so many of the newest are looked at.
constexpr int candidatesLookedAt = 200;

Result<Candidate> candidateOf(Database& database, std::vector<RunId> runs) {
    Candidate candidate;
    for (const RunId& run : runs) {
        Statement query(database,
                        "SELECT id, created_us, status, status_reason FROM run WHERE uuid = ?",
                        run.text);
        RINGSCOPE_CHECK(query.next());
        RINGSCOPE_TRY(const std::vector<LostRun> lost, lostRuns(database, query.integer()));
        candidate.createdUs = query.integer();
        std::string status = query.text();
        std::string reason = query.text();
        if (!lost.empty()) {
            status = statusName(RunStatus::Lost);
            reason = lost.front().reason;
        }
        candidate.finished = candidate.finished || status == statusName(RunStatus::Finished);
        candidate.state = status + (reason.empty() ? "" : ": " + reason);
    }
    candidate.runs = std::move(runs);
    return candidate;
}

using Candidates = Result<std::vector<Candidate>>;

// The experiments that the query finds, the newest first, each with the runs that `runsIn` says.
template <typename RunsIn>
Candidates candidatesOf(Database& database, Statement& query, RunsIn runsIn) {
    std::vector<Candidate> candidates;
    for (;;) {
        RINGSCOPE_TRY(const bool more, query.next());
        if (!more) return candidates;
        RINGSCOPE_TRY(std::vector<RunId> runs, runsIn(query.text()));
        RINGSCOPE_TRY(Candidate candidate, candidateOf(database, std::move(runs)));
        candidates.push_back(std::move(candidate));
    }
}

// Repeated experiments give runs the same names.
Candidates namedRuns(Database& database, std::string_view word, int most) {
    Statement query(database,
                    "SELECT experiment_id FROM run WHERE name = ?1 GROUP BY experiment_id "
                    "ORDER BY min(archived_us > 0), max(created_us) DESC, max(id) DESC LIMIT ?2",
                    word, most);
    return candidatesOf(database, query, [&](const std::string& experiment) {
        Statement runs(database,
                       "SELECT uuid FROM run WHERE name = ? AND experiment_id = ? ORDER BY id",
                       word, experiment);
        return ids(runs);
    });
}

Candidates namedExperiments(Database& database, std::string_view word, int most) {
    Statement query(database,
                    "SELECT experiment_id FROM run WHERE experiment_id = ?1 OR experiment = ?1 "
                    "GROUP BY experiment_id ORDER BY experiment_id <> ?1, min(archived_us > 0), "
                    "max(created_us) DESC, max(id) DESC LIMIT ?2",
                    word, most);
    return candidatesOf(database, query, [&](const std::string& experiment) {
        return runsOfExperiment(database, experiment);
    });
}

bool hasTrace(const Database& database, const RunId& run) {
    std::error_code failed;
    const std::filesystem::path folder = traceRoot(database.path()) / run.text;
    for (const auto& file : std::filesystem::directory_iterator(folder, failed))
        if (traceKindNamed(file.path())) return true;
    return false;
}

std::vector<RunId> withTrace(const Database& database, const Candidate& candidate) {
    std::vector<RunId> runs;
    for (const RunId& run : candidate.runs)
        if (hasTrace(database, run)) runs.push_back(run);
    return runs;
}

std::string localMinute(std::int64_t microseconds) {
    const std::time_t seconds = microseconds / 1'000'000;
    std::tm time{};
    ::localtime_r(&seconds, &time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", time.tm_year + 1900, time.tm_mon + 1,
                       time.tm_mday, time.tm_hour, time.tm_min);
}

std::string named(const Candidate& candidate) {
    const std::string first = candidate.runs.front().text.substr(0, 8);
    return candidate.runs.size() == 1
               ? "run " + first
               : fmt::format("{} runs from {} on", candidate.runs.size(), first);
}

// "'demo/ring' is run 1a2b3c4d of 2026-11-29 06:12, which has a trace; the newest, run 5e6f7a8b,
// has none (failed: rank 1 was ended by SIGKILL)".
std::string takenNote(std::string_view word, const Candidate& taken, const Candidate& newest,
                      RunNeed need, bool newestHasTrace) {
    const bool trace = need == RunNeed::Trace;
    const bool one = taken.runs.size() == 1;
    const std::string has = trace ? (one ? "which has a trace" : "which have traces")
                                  : (one ? "which finished" : "of which some finished");
    return fmt::format("'{}' is {} of {}, {}; the newest, {}, {} ({})", word, named(taken),
                       localMinute(taken.createdUs), has, named(newest),
                       trace && !newestHasTrace ? "has none" : "did not finish", newest.state);
}

// The newest that has what is needed. A trace of a run that did not finish may lack its end, so
// one of a finished run goes before it.
Result<Selection> newestWith(Database& database, std::string_view word,
                             const std::vector<Candidate>& candidates, RunNeed need) {
    const Candidate& newest = candidates.front();
    for (const bool finished : {true, false}) {
        if (need == RunNeed::Any || (need == RunNeed::Finished && !finished)) break;
        for (const Candidate& candidate : candidates) {
            if (finished && !candidate.finished) continue;
            Candidate taken = candidate;
            if (need == RunNeed::Trace) taken.runs = withTrace(database, candidate);
            if (taken.runs.empty()) continue;
            if (&candidate == &newest) return Selection{taken.runs};
            const bool newestHasTrace = !withTrace(database, newest).empty();
            return Selection{taken.runs, takenNote(word, taken, newest, need, newestHasTrace)};
        }
    }
    return Selection{newest.runs};
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

Result<Selection> selectRuns(Database& database, std::string_view selector, RunNeed need) {
    const std::string_view word = trim(selector);
    // Words that mean the same runs whatever is asked of them.
    struct Exact {
        std::string_view only;  // the one word it reads; empty: any
        Ids (*find)(Database&, std::string_view word);
    };
    constexpr std::array exact = {Exact{lastExperiment, newestExperiment},
                                  Exact{lastRun, newestRun}, Exact{"", byId}};
    for (const Exact& reading : exact) {
        if (word.empty() || (!reading.only.empty() && reading.only != word)) continue;
        RINGSCOPE_TRY(std::vector<RunId> found, reading.find(database, word));
        if (!found.empty()) return Selection{std::move(found)};
    }
    const int most = need == RunNeed::Any ? 1 : candidatesLookedAt;
    for (const auto find : {namedRuns, namedExperiments}) {
        if (word.empty()) break;
        RINGSCOPE_TRY(const std::vector<Candidate> found, find(database, word, most));
        if (!found.empty()) return newestWith(database, word, found, need);
    }
    if (!word.empty()) {
        RINGSCOPE_TRY(std::vector<RunId> found, byPrefix(database, word));
        if (!found.empty()) return Selection{std::move(found)};
    }
    RINGSCOPE_TRY(const std::vector<std::string> words, knownWords(database));
    return unknown(database, word, words);
}

}  // namespace ringscope::store
