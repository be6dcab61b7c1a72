#include "backend/store/detail_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ringscope::store {
namespace {

using Json = nlohmann::json;

std::vector<std::string> namesFrom(const std::string& text) {
    std::vector<std::string> names;
    for (const Json& name : Json::parse(text, nullptr, false))
        if (name.is_string()) names.push_back(name.get<std::string>());
    return names;
}

std::vector<std::int64_t> numbersFrom(const std::string& text) {
    std::vector<std::int64_t> numbers;
    for (const Json& number : Json::parse(text, nullptr, false))
        if (number.is_number_integer()) numbers.push_back(number.get<std::int64_t>());
    return numbers;
}

// Calls `use` with the run of each row that the query finds. The query's one question mark takes
// the row ids as a JSON array; its first column is a run's.
template <typename Use>
Result<void> forEachOf(Database& database, std::vector<RunRow>& rows, std::string_view sql,
                       Use use) {
    std::unordered_map<std::int64_t, RunRecord*> runs;
    Json ids = Json::array();
    for (RunRow& row : rows) {
        runs.emplace(row.row, &row.run);
        ids.push_back(row.row);
    }
    Statement query(database, sql, ids.dump());
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return {};
        const auto run = runs.find(query.integer());
        if (run != runs.end()) use(query, *run->second);
    }
}

HostFacts readHost(Statement& query) {
    HostFacts facts;
    facts.host = query.text();
    facts.machine = query.text();
    facts.processor = query.text();
    facts.cores = static_cast<int>(query.integer());
    facts.memory = {query.integer()};
    facts.system = query.text();
    facts.gpus = namesFrom(query.text());
    facts.driver = query.text();
    facts.interface = query.text();
    return facts;
}

}  // namespace

Result<void> writeHosts(Database& database, std::int64_t row, const std::vector<HostFacts>& hosts) {
    std::int64_t number = 0;
    for (const HostFacts& facts : hosts) {
        Statement insert(database,
                         "INSERT OR REPLACE INTO run_host (run, number, host, machine, processor, "
                         "cores, memory_bytes, system, gpus, driver, interface) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         row, number++, facts.host, facts.machine, facts.processor, facts.cores,
                         facts.memory.count, facts.system,
                         Json(facts.gpus).dump(-1, ' ', false, Json::error_handler_t::replace),
                         facts.driver, facts.interface);
        RINGSCOPE_CHECK(insert.finish());
    }
    return {};
}

Result<void> writeTags(Database& database, std::int64_t row, const std::vector<std::string>& tags) {
    RINGSCOPE_CHECK(Statement(database, "DELETE FROM run_tag WHERE run = ?", row).finish());
    for (const std::string& tag : tags)
        RINGSCOPE_CHECK(
            Statement(database, "INSERT OR IGNORE INTO run_tag (run, tag) VALUES (?, ?)", row, tag)
                .finish());
    return {};
}

Result<void> writeRouting(Database& database, std::int64_t row, const RoutingRecord& routing) {
    return Statement(database,
                     "INSERT OR REPLACE INTO run_routing (run, step, layer, use) "
                     "VALUES (?, ?, ?, ?)",
                     row, routing.step, routing.layer, Json(routing.use).dump())
        .finish();
}

Result<std::vector<RoutingRecord>> readRouting(Database& database, std::int64_t row) {
    Statement query(database,
                    "SELECT step, layer, use FROM run_routing WHERE run = ? ORDER BY step, layer",
                    row);
    std::vector<RoutingRecord> records;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return records;
        RoutingRecord& record = records.emplace_back();
        record.step = query.integer();
        record.layer = query.integer();
        record.use = numbersFrom(query.text());
    }
}

Result<void> writeValidation(Database& database, std::int64_t row,
                             const ValidationRecord& validation) {
    Statement insert(database,
                     "INSERT OR REPLACE INTO run_validation (run, step, loss, loss_special, "
                     "tokens, recall) VALUES (?, ?, ?, ?, ?, ?)",
                     row, validation.step);
    insert.bindAnyReal(validation.loss);
    insert.bind(validation.tokens);
    if (validation.recall.empty())
        insert.bind(nullptr);
    else
        insert.bind(Json(recallNumbers(validation.recall)).dump());
    return insert.finish();
}

Result<std::vector<ValidationRecord>> readValidations(Database& database, std::int64_t row) {
    Statement query(database,
                    "SELECT step, loss, loss_special, tokens, recall FROM run_validation "
                    "WHERE run = ? ORDER BY step",
                    row);
    std::vector<ValidationRecord> records;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return records;
        ValidationRecord& record = records.emplace_back();
        record.step = query.integer();
        record.loss = query.anyReal();
        record.tokens = query.integer();
        if (const std::optional<std::string> recall = query.textIfAny())
            record.recall = recallFrom(numbersFrom(*recall)).value_or(record.recall);
    }
}

Result<void> addDetails(Database& database, std::vector<RunRow>& rows) {
    RINGSCOPE_CHECK(
        forEachOf(database, rows,
                  "SELECT run, host, machine, processor, cores, memory_bytes, system, gpus, "
                  "driver, interface FROM run_host WHERE run IN (SELECT value FROM json_each(?)) "
                  "ORDER BY run, number",
                  [](Statement& query, RunRecord& run) {
                      run.environment.hosts.push_back(readHost(query));
                  }));
    return forEachOf(database, rows,
                     "SELECT run, tag FROM run_tag WHERE run IN (SELECT value FROM json_each(?)) "
                     "ORDER BY run, tag",
                     [](Statement& query, RunRecord& run) { run.tags.push_back(query.text()); });
}

Result<void> addSummaries(Database& database, std::vector<RunRow>& rows) {
    RINGSCOPE_CHECK(forEachOf(database, rows,
                              "SELECT wanted.value, loss, loss_special FROM json_each(?) AS wanted "
                              "JOIN run_step ON run = wanted.value AND step = "
                              "(SELECT max(step) FROM run_step WHERE run = wanted.value)",
                              [](Statement& query, RunRecord& run) {
                                  if (run.summary) run.summary->finalLoss = query.anyReal();
                              }));
    return forEachOf(database, rows,
                     "SELECT run, host FROM run_rank WHERE run IN (SELECT value FROM json_each(?)) "
                     "AND host <> '' GROUP BY run, host ORDER BY run, min(rank)",
                     [](Statement& query, RunRecord& run) {
                         if (run.summary) run.summary->hosts.push_back(query.text());
                     });
}

}  // namespace ringscope::store
