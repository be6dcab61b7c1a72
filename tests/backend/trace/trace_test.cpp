#include "backend/trace/trace.h"

#include "backend/core/files.h"
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace_files.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace ringscope {
namespace {

using nlohmann::json;
using test::TemporaryFolder;

Span transferSpan(Operation operation, int peer, std::int64_t begin, std::int64_t end) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer,
             .operation = operation,
             .pass = SpanPass::Forward,
             .layer = 0,
             .ringStep = 0,
             .peer = peer,
             .bytes = 64}};
}

RankTrace rank(int number, std::vector<Span> spans) {
    RankTrace trace;
    trace.origin.rank = number;
    trace.origin.world = 2;
    trace.spans = std::move(spans);
    trace.complete = true;
    return trace;
}

TEST(MergedTrace, MovesEachRankOntoTheReferenceClockAlongTheLineBetweenItsSamples) {
    RankTrace far = rank(1, {transferSpan(Operation::Receive, 0, 1'000, 1'500)});
    far.clock = {{.local = 1'000, .reference = 400, .error = 50},
                 {.local = 2'000, .reference = 1'300, .error = 10}};
    const Trace trace = mergeRanks({far, rank(0, {transferSpan(Operation::Send, 1, 290, 300)})});
    EXPECT_EQ(trace.ranks[1].spans[0].begin(), 400);
    EXPECT_EQ(trace.ranks[1].spans[0].end(), 850);
    EXPECT_EQ(trace.begin, 290);
    EXPECT_EQ(trace.end, 850);
    EXPECT_EQ(trace.clockErrorNs, 50);
}

TEST(TraceFolder, OfTwoRunsIsRefusedAndBothAreNamed) {
    const TemporaryFolder folder;
    for (int number : {0, 1}) {
        RankTrace of = rank(number, {transferSpan(Operation::Send, 1 - number, 10, 20)});
        of.origin.run = number == 0 ? "01AB" : "01CD";
        ASSERT_TRUE(writeTrace(mergeRanks({of}), folder.path()).ok());
    }
    const Result<Trace> trace = readTrace(folder.path());
    ASSERT_FALSE(trace.ok());
    EXPECT_EQ(trace.error().message,
              "'" + folder.path().string() +
                  "' holds traces of two runs: 'rank-00000.trace' is of 01AB, 'rank-00001.trace' "
                  "of 01CD; name one of the files, or move those of one run to a folder of their "
                  "own");
    EXPECT_TRUE(readTrace(folder.path() / "rank-00000.trace").ok());
}

TEST(MergedTrace, NamesMissingRanksAndDroppedSpans) {
    RankTrace only = rank(1, {});
    only.dropped = 5;
    const Trace trace = mergeRanks({only});
    EXPECT_EQ(trace.notes,
              (std::vector<std::string>{"rank 0 left no trace",
                                        "rank 1 dropped 5 spans: its figures are too small"}));
}

TEST(MergedTrace, TellsRanksThatWereNotToBeRecordedFromThoseThatLeftNothing) {
    RankTrace only = rank(1, {});
    only.origin.world = 5;
    only.origin.recorded = {1, 3};
    EXPECT_EQ(mergeRanks({only}).notes,
              (std::vector<std::string>{"of 5 ranks, 1, 3 were to be recorded (profile.ranks)",
                                        "rank 3 left no trace"}));
}

TEST(TraceFolder, SaysHowToRecordWhereThereIsNone) {
    const TemporaryFolder folder;
    const Result<Trace> trace = readTrace(folder.path());
    ASSERT_FALSE(trace.ok());
    EXPECT_EQ(trace.error().code, ErrorCode::NotFound);
    EXPECT_NE(trace.error().message.find("profile.steps"), std::string::npos);
}

TEST(TraceFolder, IsReadAsFarAsItIsWanted) {
    const TemporaryFolder folder;
    for (int r : {0, 1}) {
        const auto writer =
            TraceWriter::create(folder.path() / traceFileName(r), {.rank = r, .world = 2}).value();
        ASSERT_TRUE(writer->close().ok());
    }
    std::vector<std::size_t> told;
    const auto all = [&](std::size_t read, std::size_t files) {
        EXPECT_EQ(files, 2U);
        told.push_back(read);
        return true;
    };
    EXPECT_EQ(readTrace(folder.path(), all).value().ranks.size(), 2U);
    EXPECT_EQ(told, (std::vector<std::size_t>{0, 1}));
    const auto one = [](std::size_t read, std::size_t) { return read < 1; };
    EXPECT_FALSE(readTrace(folder.path(), one).ok());
    const Trace alone = readTrace(folder.path() / traceFileName(1)).value();
    EXPECT_EQ(alone.notes, (std::vector<std::string>{"rank 0 left no trace"}));
}

class ChromeExport : public ::testing::Test {
protected:
    json exported(const Trace& trace) {
        const auto file = folder.path() / "trace.json";
        EXPECT_TRUE(writeChromeTrace(trace, file).ok());
        return json::parse(readFile(file).value());
    }

    Trace twoRanks() {
        return mergeRanks(
            {rank(0, {transferSpan(Operation::Send, 1, 1'000'000'123, 1'000'004'456),
                      Span(1'000'000'000, 1'000'009'000,
                           {.kind = SpanKind::Attention, .operation = Operation::Block})}),
             rank(1, {transferSpan(Operation::Receive, 0, 1'000'001'000, 1'000'004'999)})});
    }

    TemporaryFolder folder;
};

// What the format wants of every event, by its phase.
TEST_F(ChromeExport, IsValidTraceEventFormat) {
    const json document = exported(twoRanks());
    ASSERT_TRUE(document["traceEvents"].is_array());
    const std::map<std::string, std::set<std::string>> wanted = {
        {"X", {"pid", "tid", "ts", "dur", "name", "cat", "args"}},
        {"b", {"pid", "tid", "ts", "id", "name", "cat"}},
        {"e", {"pid", "tid", "ts", "id", "name", "cat"}},
        {"s", {"pid", "tid", "ts", "id", "name", "cat"}},
        {"f", {"pid", "tid", "ts", "id", "name", "cat", "bp"}},
        {"M", {"pid", "name", "args"}}};
    for (const json& event : document["traceEvents"]) {
        const auto fields = wanted.find(event.at("ph"));
        ASSERT_NE(fields, wanted.end()) << event;
        for (const std::string& field : fields->second)
            EXPECT_TRUE(event.contains(field)) << field << " in " << event;
        if (event.contains("ts")) {
            EXPECT_GE(event["ts"], 0.0);
        }
    }
}

TEST_F(ChromeExport, KeepsEveryNanosecond) {
    const json document = exported(twoRanks());
    std::map<std::string, double> total;
    for (const json& event : document["traceEvents"]) {
        const std::string phase = event["ph"];
        const double ts = event.value("ts", 0.0);
        if (phase == "X") total[event["cat"]] += event["dur"].get<double>();
        if (phase == "b") total["transfer"] -= ts;
        if (phase == "e") total["transfer"] += ts;
    }
    EXPECT_NEAR(total["attention"] * 1000, 9'000, 1e-3);
    EXPECT_NEAR(total["transfer"] * 1000, 4'333 + 3'999, 1e-3);
    EXPECT_EQ(document["baseTimeNanoseconds"], 1'000'000'000);
}

TEST_F(ChromeExport, DrawsAnArrowFromEachSendToItsReceive) {
    std::map<std::string, std::set<std::string>> ends;
    const json document = exported(twoRanks());
    for (const json& event : document["traceEvents"])
        if (event.value("cat", "") == "message") ends[event["id"]].insert(event["ph"]);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends.begin()->second, (std::set<std::string>{"s", "f"}));
}

TEST_F(ChromeExport, GivesEveryStreamOfAGpuARow) {
    RankTrace traced = rank(0, {});
    traced.origin.device = "cuda:0";
    traced.gpu = {{0, 1, 7, {Span(2'000, 5'000, {.kind = SpanKind::Attention})}},
                  {0, 1, 20, {transferSpan(Operation::Send, 1, 3'000, 4'000)}}};
    const json document = exported(mergeRanks({traced}));
    std::map<std::string, int> rows;
    std::map<std::string, int> used;
    for (const json& event : document["traceEvents"]) {
        if (event["ph"] == "M" && event["name"] == "thread_name")
            rows[event["args"]["name"]] = event["tid"];
        if (event["ph"] == "X") used[event["args"]["kind"]] = event["tid"];
    }
    ASSERT_TRUE(rows.contains("GPU 0 stream 7"));
    ASSERT_TRUE(rows.contains("GPU 0 stream 20"));
    EXPECT_EQ(used["attention"], rows["GPU 0 stream 7"]);
    EXPECT_EQ(used["transfer"], rows["GPU 0 stream 20"]);
    EXPECT_EQ(document["baseTimeNanoseconds"], 2'000);
}

// A viewer adds up what one counter holds, so tensors and the segments they lie in are two.
TEST_F(ChromeExport, CountsTensorsAndSegmentsApart) {
    RankTrace one = rank(0, {Span(100'000, 900'000, {.kind = SpanKind::Step})});
    one.allocations = {
        {.begin = 0, .bytes = 5'000, .category = MemoryCategory::Segments},
        {.begin = 0, .bytes = 1'000, .category = MemoryCategory::Parameters},
        {.begin = 300'000, .end = 500'000, .bytes = 20, .category = MemoryCategory::Logits},
    };
    const json document = exported(mergeRanks({one}));
    std::map<std::string, std::vector<json>> counters;
    for (const json& event : document["traceEvents"])
        if (event["ph"] == "C") counters[event["name"]].push_back(event["args"]);
    ASSERT_EQ(counters["memory"].size(), 3U);
    EXPECT_EQ(counters["memory"][1]["parameters"], 1'000);
    EXPECT_EQ(counters["memory"][1]["logits"], 20);
    EXPECT_FALSE(counters["memory"][1].contains("segments"));
    EXPECT_EQ(counters["memory"][2]["logits"], 0);
    EXPECT_EQ(counters["segments"], (std::vector<json>{{{"bytes", 5'000}}}));
}

TEST(Merge, MovesAGpusSpansWithTheirRanksClockAndCountsThem) {
    RankTrace traced = rank(0, {});
    traced.gpu = {{0, 1, 7, {Span(100, 150, {.kind = SpanKind::Attention})}}};
    traced.clock = {{.local = 0, .reference = 1'000, .error = 5}};
    const Trace trace = mergeRanks({traced});
    EXPECT_EQ(trace.ranks[0].gpu[0].spans[0].begin(), 1'100);
    EXPECT_EQ(trace.begin, 1'100);
    EXPECT_EQ(trace.end, 1'150);
    EXPECT_EQ(trace.spans(), 1U);
}

TEST(Merge, SaysWhereAGpuWasNotRecorded) {
    RankTrace onGpu = rank(0, {});
    onGpu.origin.device = "cuda:0";
    onGpu.origin.gpuActivity = "off: profile.cupti is off";
    onGpu.notes = {"3 GPU records were dropped"};
    RankTrace onCpu = rank(0, {});
    onCpu.origin.device = "cpu";
    onCpu.origin.gpuActivity = "off: the run's device is cpu";
    const auto notes = [](RankTrace trace) {
        trace.origin.world = 1;
        return mergeRanks({std::move(trace)}).notes;
    };
    EXPECT_EQ(notes(onGpu),
              (std::vector<std::string>{"rank 0: GPU activity is off: profile.cupti is off",
                                        "rank 0: 3 GPU records were dropped"}));
    EXPECT_TRUE(notes(onCpu).empty()) << "a run on CPUs lacks nothing";
}

}  // namespace
}  // namespace ringscope
