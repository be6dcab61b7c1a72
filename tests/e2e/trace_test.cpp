// Traces of real ranks, analyzed and exported by the real program.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>

namespace ringscope::test {
namespace {

using nlohmann::json;

std::string tracedExperiment(const std::string& mode) {
    return "name: traced\n"
           "model: {preset: nano}\n"
           "train: {steps: 5, seq_len: 512}\n"
           "parallel: {sp: 2, mode: " +
           mode +
           "}\n"
           "profile: {steps: [2, 5]}\n";
}

json analyzed(const Cli& cli, const std::string& mode) {
    const auto file = cli.write(mode + ".yaml", tracedExperiment(mode));
    const Ended ran = cli.run({"run", file, "--no-reference"});
    EXPECT_EQ(ran.exitCode, 0) << ran.err;
    return cli.json({"trace", "analyze", "--json"});
}

class Trace : public ::testing::TestWithParam<const char*> {};

TEST_P(Trace, OfRealRanksAddsUpAndMeetsTheBytesThatWereSent) {
    const Cli cli;
    const json findings = analyzed(cli, GetParam());
    EXPECT_EQ(findings["steps"], 3);
    EXPECT_EQ(findings["dropped"], 0);
    EXPECT_EQ(findings["unmatched"], 0);
    EXPECT_EQ(findings["invariants_ok"], true) << findings["violations"];
    EXPECT_TRUE(findings["notes"].empty()) << findings["notes"];
    ASSERT_EQ(findings["ranks"].size(), 2U);
    EXPECT_EQ(findings["executed_mode"], GetParam()) << findings["executed"];
    EXPECT_EQ(findings["clock"]["verdict"], "the ranks share one clock");
    EXPECT_GT(findings["critical_path"]["length_ns"], 0);
    EXPECT_FALSE(findings["bandwidth"].empty());
    ASSERT_EQ(findings["memory"].size(), 2U);
    ASSERT_EQ(findings["recording"].size(), 2U);
    const json info = cli.json({"trace", "info", "--json"});
    for (std::size_t r = 0; r < 2; ++r) {
        const json& cost = findings["recording"][r];
        EXPECT_GT(cost["span_cost_ns"], 0);
        EXPECT_GT(cost["recording_pct_of_step"], 0);
        EXPECT_DOUBLE_EQ(cost["spans_per_step"].get<double>() * 3,
                         info["ranks"][r]["host_spans"].get<double>());
        EXPECT_EQ(cost["span_cost_ns"], info["ranks"][r]["span_cost_ns"]);
    }

    const json run = cli.json({"runs", "show", "@last-run", "--json"})["runs"][0];
    EXPECT_EQ(run["overlap"]["steps"], 3);
    // Every step needs the same, so the recorded ones have the run's peak.
    std::int64_t peak = 0;
    for (const json& memory : findings["memory"]) {
        std::int64_t sum = 0;
        for (const auto& [category, bytes] : memory["by_category"].items())
            sum += bytes.get<std::int64_t>();
        EXPECT_EQ(sum, memory["peak_bytes"]);
        for (const char* category :
             {"parameters", "gradients", "optimizer", "communication", "activations"})
            EXPECT_GT(memory["by_category"][category], 0) << category;
        EXPECT_FALSE(memory["largest"].empty());
        peak = std::max(peak, memory["peak_bytes"].get<std::int64_t>());
    }
    EXPECT_EQ(run["peak_bytes"], peak);
    for (const char* figure : {"exposed_ms_per_step", "wait_ms_per_step", "hidden_wait_ms_per_step",
                               "hidden_pct", "busbw_gb_per_s", "algbw_gb_per_s"})
        EXPECT_EQ(run["overlap"][figure], findings[figure]) << figure;
    for (const json& rank : findings["ranks"]) {
        EXPECT_GT(rank["attention_ns"], 0);
        EXPECT_GT(rank["comm_ns"], 0);
        EXPECT_LE(rank["compute_ns"], rank["span_ns"]);
        EXPECT_EQ(rank["hidden_ns"].get<std::int64_t>() + rank["exposed_ns"].get<std::int64_t>(),
                  rank["comm_ns"]);
        EXPECT_EQ(rank["wait_ns"].get<std::int64_t>() + rank["hidden_wait_ns"].get<std::int64_t>() +
                      rank["transfer_ns"].get<std::int64_t>(),
                  rank["comm_ns"]);
        // Attention, gradients and the few scalars of loss and norm.
        const json& sent = run["rank_records"][rank["rank"].get<std::size_t>()];
        EXPECT_GE(rank["bytes"].get<std::int64_t>(),
                  3 * (sent["comm_bytes_per_step"].get<std::int64_t>() +
                       run["gradient_bytes_per_step"].get<std::int64_t>()));
    }
}

INSTANTIATE_TEST_SUITE_P(OfEveryShardedMode, Trace,
                         ::testing::Values("legacy", "ring", "zigzag", "ulysses"),
                         [](const auto& test) { return std::string(test.param); });

// What Chrome's trace format asks of an event of each phase.
struct EventSchema {
    const char* phase;
    std::vector<const char*> numbers;
    std::vector<const char*> texts;
    std::vector<const char*> ids;  // a number or a text
};

const std::vector<EventSchema>& eventSchemas() {
    static const std::vector<EventSchema> schemas = {
        {"M", {"pid"}, {"name"}, {}},
        {"X", {"pid", "tid", "ts", "dur"}, {"name", "cat"}, {}},
        {"b", {"pid", "tid", "ts"}, {"name", "cat"}, {"id"}},
        {"e", {"pid", "tid", "ts"}, {"name", "cat"}, {"id"}},
        {"s", {"pid", "tid", "ts"}, {"name", "cat"}, {"id"}},
        {"f", {"pid", "tid", "ts"}, {"name", "cat", "bp"}, {"id"}},
        {"C", {"pid", "ts"}, {"name"}, {}}};
    return schemas;
}

bool has(const json& event, const char* key, bool (*right)(const json&)) {
    return event.contains(key) && right(event[key]);
}

bool meetsSchema(const json& event) {
    const auto isNumber = [](const json& value) { return value.is_number() && value >= 0; };
    const auto isText = [](const json& value) { return value.is_string() && value != ""; };
    const auto isId = [](const json& value) { return value.is_number() || value.is_string(); };
    if (!event.is_object() || !has(event, "ph", isText)) return false;
    const auto schema = std::ranges::find_if(
        eventSchemas(), [&](const EventSchema& each) { return event["ph"] == each.phase; });
    if (schema == eventSchemas().end()) return false;
    const auto all = [&](const std::vector<const char*>& keys, bool (*right)(const json&)) {
        return std::ranges::all_of(keys, [&](const char* key) { return has(event, key, right); });
    };
    return all(schema->numbers, isNumber) && all(schema->texts, isText) && all(schema->ids, isId);
}

// Slices of one thread lie inside one another or apart; else Perfetto draws them wrongly.
bool areNested(std::vector<std::pair<double, double>> slices) {
    std::ranges::sort(slices, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::vector<double> open;
    for (const auto& [begin, end] : slices) {
        while (!open.empty() && open.back() <= begin) open.pop_back();
        if (!open.empty() && end > open.back()) return false;
        open.push_back(end);
    }
    return true;
}

TEST(TraceExport, IsValidChromeTraceFormat) {
    const Cli cli;
    for (const char* mode : {"ring", "ulysses"}) {
        analyzed(cli, mode);
        ASSERT_EQ(cli.run({"trace", "export", "-o", "out.json", "--force"}).exitCode, 0);
        const json document = json::parse(readFile(cli.folder() / "out.json").value());
        ASSERT_TRUE(document["traceEvents"].is_array());
        std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> slices;
        std::map<std::string, double> opened;
        for (const json& event : document["traceEvents"]) {
            ASSERT_TRUE(meetsSchema(event)) << event;
            const std::string id = event.contains("id") ? event["id"].dump() : "";
            if (event["ph"] == "X") {
                const double begin = event["ts"];
                slices[{event["pid"], event["tid"]}].emplace_back(
                    begin, begin + event["dur"].get<double>());
            } else if (event["ph"] == "b") {
                EXPECT_TRUE(opened.emplace(id, event["ts"]).second) << event;
            } else if (event["ph"] == "e") {
                ASSERT_TRUE(opened.contains(id)) << event;
                EXPECT_GE(event["ts"].get<double>(), opened[id]);
                opened.erase(id);
            }
        }
        EXPECT_TRUE(opened.empty()) << "slices without an end";
        for (const auto& [thread, each] : slices)
            EXPECT_TRUE(areNested(each)) << "rank " << thread.first << ", lane " << thread.second;
    }
}

TEST(TraceExport, DrawsEverySpanAndAnArrowForEachMessage) {
    const Cli cli;
    const json findings = analyzed(cli, "ring");
    ASSERT_EQ(cli.run({"trace", "export", "-o", "out.json"}).exitCode, 0);
    const json document = json::parse(readFile(cli.folder() / "out.json").value());
    std::map<std::string, int> phases;
    double attention = 0;
    for (const json& event : document["traceEvents"]) {
        ++phases[event["ph"]];
        if (event["ph"] == "X" && event["cat"] == "attention")
            attention += event["dur"].get<double>() * 1000;
    }
    EXPECT_GT(phases["X"], 0);
    EXPECT_EQ(phases["b"], phases["e"]);
    EXPECT_EQ(phases["s"], phases["f"]);
    EXPECT_GT(phases["s"], 0);
    double analyzedAttention = 0;
    for (const json& rank : findings["ranks"])
        analyzedAttention += rank["attention_ns"].get<double>();
    EXPECT_NEAR(attention, analyzedAttention, 1.0);
}

TEST(TraceAnalyze, TakesARunByItsNameInAMatrix) {
    const Cli cli;
    const auto file = cli.write(
        "matrix.yaml", tracedExperiment("ring") + "matrix: {parallel.mode: [ring, ulysses]}\n");
    ASSERT_EQ(cli.run({"run", file, "--no-reference"}).exitCode, 0);
    EXPECT_EQ(cli.json({"trace", "analyze", "traced/ring", "--json"})["steps"], 3);
    EXPECT_EQ(cli.run({"trace", "analyze", "traced/zigzag"}).exitCode, 4);
    const Ended absent = cli.run({"trace", "analyze", "./absent"});
    EXPECT_EQ(absent.exitCode, 4);
    EXPECT_EQ(absent.err, "ringscope: there is no file or folder './absent'\n");
}

TEST(TraceAnalyze, SaysHowToRecordWhereARunHasNone) {
    const Cli cli;
    const auto file = cli.write("plain.yaml", smallExperiment());
    ASSERT_EQ(cli.run({"run", file, "--no-reference"}).exitCode, 0);
    const Ended ended = cli.run({"trace", "analyze"});
    EXPECT_EQ(ended.exitCode, 4);
    EXPECT_NE(ended.err.find("profile.steps"), std::string::npos) << ended.err;
}

TEST(TraceSteps, AreAMatrixOfRanksAndRingSteps) {
    const Cli cli;
    const json findings = analyzed(cli, "ring");
    const json rows = cli.json({"trace", "steps", "--json"})["ring_steps"];
    EXPECT_EQ(rows, findings["ring_steps"]);
    const Ended table = cli.run({"trace", "steps"});
    EXPECT_NE(table.out.find("forward attention\nrank     step 0     step 1"), std::string::npos)
        << table.out;
    const Ended csv = cli.run({"trace", "steps", "--csv"});
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv.out, '\n')), rows.size() + 1);
    EXPECT_EQ(csv.out.find("rank,pass,ring_step,attention_ns,comm_ns,"), 0U) << csv.out;
}

TEST(TraceTop, NamesWhatTookTheMostTime) {
    const Cli cli;
    analyzed(cli, "ulysses");
    const json rows = cli.json({"trace", "top", "--json"})["spans"];
    ASSERT_GT(rows.size(), 3U);
    for (std::size_t i = 1; i < rows.size(); ++i)
        EXPECT_GE(rows[i - 1]["total_ns"], rows[i]["total_ns"]);
}

TEST(TraceDiff, SaysWhatASlowRankCost) {
    const Cli cli;
    std::string experiment = tracedExperiment("ring");
    for (const char* name : {"plain", "held-up"}) {
        experiment.replace(0, experiment.find('\n'), std::string("name: ") + name);
        std::vector<std::string> words = {"run", cli.write("e.yaml", experiment), "--no-reference"};
        if (std::string(name) == "held-up")
            words.insert(words.end(), {"--set", "debug.slow_rank=1", "--set", "debug.slow_ms=30"});
        ASSERT_EQ(cli.run(words).exitCode, 0);
    }
    const json diff = cli.json({"trace", "diff", "held-up", "plain", "--json"});
    const std::string sentence = diff["sentence"];
    EXPECT_EQ(sentence.find("plain saves "), 0U) << sentence;
    EXPECT_NE(sentence.find("less wait for rank 1"), std::string::npos) << sentence;
    double explained = 0;
    for (const json& effect : diff["effects"]) explained += effect["change_ns"].get<double>();
    EXPECT_NEAR(explained, diff["change_ns_per_step"], 10);
}

TEST(TraceImport, OfOurOwnExportSaysTheSame) {
    const Cli cli;
    const json before = analyzed(cli, "ring");
    ASSERT_EQ(cli.run({"trace", "export", "-o", "out.json"}).exitCode, 0);
    ASSERT_EQ(cli.run({"trace", "import", "out.json", "-o", "ours"}).exitCode, 0);
    EXPECT_EQ(cli.json({"trace", "analyze", "out.json", "--json"}), before);
    EXPECT_EQ(cli.json({"trace", "analyze", "ours", "--json"}), before);
    ASSERT_EQ(cli.run({"trace", "export", "-o", "out.csv", "--format", "csv"}).exitCode, 0);
    const std::string csv = readFile(cli.folder() / "out.csv").value();
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')),
              cli.json({"trace", "info", "--json"})["spans"].get<std::size_t>() + 1);
}

TEST(TraceOfASlowRank, ShowsTheOthersWaitingForIt) {
    const Cli cli;
    const auto file = cli.write("slow.yaml", tracedExperiment("ring"));
    constexpr double delayMs = 30;
    const Ended ran = cli.run(
        {"run", file, "--no-reference", "--set", "debug.slow_rank=1", "--set", "debug.slow_ms=30"});
    ASSERT_EQ(ran.exitCode, 0) << ran.err;
    const json findings = cli.json({"trace", "analyze", "--json"});
    const double layers = 2;  // of preset nano; each is attended forward and backward
    const double delayed = 3 * layers * 2 * delayMs * 1e6;
    // The first hop of a pass cannot be hidden: rank 0 waits for all of the delay but its own
    // block.
    EXPECT_GT(findings["blame"][1]["caused_wait_ns"], delayed / 2);
    EXPECT_LT(findings["blame"][0]["caused_wait_ns"], delayed / 2);
    EXPECT_GT(findings["ranks"][0]["wait_ns"], findings["ranks"][1]["wait_ns"]);

    const json run = cli.json({"runs", "show", "@last-run", "--json"})["runs"][0];
    EXPECT_EQ(run["overlap"]["late_rank"], 1);
    EXPECT_NE(run["notes"].dump().find("rank 1 is held up on purpose, 30 ms"), std::string::npos)
        << run["notes"];
}

}  // namespace
}  // namespace ringscope::test
