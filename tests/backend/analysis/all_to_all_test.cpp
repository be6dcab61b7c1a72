// A PyTorch profiler's trace of eight ranks with planted waits, and the waits that are found in it.
// tests/fixtures/trace/all_to_all.py writes it, and prints what is expected here.
#include "backend/analysis/findings.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/core/files.h"
#include "backend/trace/chrome/import.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path fixture = std::filesystem::path(RINGSCOPE_FIXTURES) / "all-to-all";

std::vector<std::int64_t> blameUs(const RunFindings& findings) {
    std::vector<std::int64_t> waits;
    for (const Blame& blame : findings.blame) {
        EXPECT_EQ(blame.causedWait % 1000, 0);
        waits.push_back(blame.causedWait / 1000);
    }
    return waits;
}

void expectThePlantedWaits(const RunFindings& findings) {
    EXPECT_EQ(findings.unmatched, 0U);
    EXPECT_TRUE(findings.clock.splits) << findings.clock.sentence;
    EXPECT_THAT(blameUs(findings), ElementsAre(98, 0, 1452, 130, 0, 2706, 0, 161));
    ASSERT_EQ(findings.ranks.size(), 8U);
    for (const RankFigures& rank : findings.ranks) {
        // The bytes of every operation move for as long on each rank.
        EXPECT_EQ(rank.communication.transfer, 650'000) << rank.rank;
        EXPECT_EQ(rank.communication.unpaired, 0) << rank.rank;
    }
    EXPECT_EQ(findings.ranks[0].communication.wait, (40 + 80 + 300 + 20 + 15 + 160) * 1000);
    EXPECT_EQ(findings.ranks[4].communication.wait,
              (40 + 80 + 10 + 300 + 20 + 15 + 160 + 28) * 1000);
}

TEST(AllToAllOfGroupedMessages, IsKnownByTheCallThatLaunchedIt) {
    const Trace trace = importTrace(fixture).value();
    int allToAlls = 0;
    for (const Span& span : trace.ranks[3].gpu.at(1).spans)
        allToAlls += span.operation() == Operation::AllToAll ? 1 : 0;
    EXPECT_EQ(allToAlls, 5);
    const RunFindings findings = analyze(trace);
    expectThePlantedWaits(findings);
    EXPECT_THAT(findings.notes, Not(Contains(HasSubstr("order of the host's calls"))));
    EXPECT_THAT(findings.notes, Contains(HasSubstr("56 communication kernels carry no sequence "
                                                   "number: those that are alike are paired by")));
}

// The fixture, with each event's arguments as `change` leaves them; false leaves the event out.
template <typename Change>
RunFindings analyzeChanged(const TemporaryFolder& folder, const Change& change) {
    for (int rank = 0; rank < 8; ++rank) {
        const std::string name = "rank-" + std::to_string(rank) + ".json";
        nlohmann::json document = nlohmann::json::parse(readFile(fixture / name).value());
        nlohmann::json kept = nlohmann::json::array();
        for (nlohmann::json& event : document["traceEvents"])
            if (change(event, rank)) kept.push_back(event);
        document["traceEvents"] = kept;
        std::ofstream(folder.path() / name) << document.dump();
    }
    return analyze(importTrace(folder.path()).value());
}

TEST(AllToAllOfGroupedMessages, IsKnownByOrderWhereNoLaunchIsInTheTrace) {
    const TemporaryFolder folder;
    const RunFindings findings = analyzeChanged(folder, [](nlohmann::json& event, int) {
        event["args"].erase("correlation");
        event["args"].erase("External id");
        return event["cat"] != "cuda_runtime";
    });
    expectThePlantedWaits(findings);
    EXPECT_THAT(findings.notes,
                Contains(HasSubstr("what 7 communication kernels do is known only by the order of "
                                   "the host's calls")));
}

TEST(AllToAllOfGroupedMessages, IsKnownByTheNumberOfTheOperationThatAskedForIt) {
    const TemporaryFolder folder;
    const RunFindings findings = analyzeChanged(folder, [](nlohmann::json& event, int) {
        // As newer versions write it: the number of record_param_comms.
        if (event["cat"] == "kernel" && event["args"]["stream"] == 84)
            event["args"]["External id"] =
                10 * ((event["args"]["correlation"].get<int>() - 700) / 3 + 1) + 1;
        return event["cat"] != "cuda_runtime";
    });
    expectThePlantedWaits(findings);
    EXPECT_THAT(findings.notes, Not(Contains(HasSubstr("order of the host's calls"))));
}

TEST(AllToAllOfGroupedMessages, IsNotGuessedWhereOrderCannotTell) {
    const TemporaryFolder folder;
    const RunFindings findings = analyzeChanged(folder, [](nlohmann::json& event, int rank) {
        event["args"].erase("correlation");
        event["args"].erase("External id");
        const bool firstCall = event["ts"].get<int>() < 1000 &&
                               (event["cat"] == "cpu_op" || event["name"] == "nccl:all_to_all");
        return event["cat"] != "cuda_runtime" && !(rank == 6 && firstCall);
    });
    // Rank 6 says of none of its all-to-alls what it is; its all-reduces have names.
    EXPECT_EQ(findings.unmatched, 5U);
    EXPECT_THAT(findings.notes,
                Contains("5 communication kernels say by neither their names nor their launches "
                         "what operations they are"));
    EXPECT_FALSE(findings.clock.splits) << "two collectives are too few to compare a clock by";
    EXPECT_THAT(findings.notes, Not(Contains(HasSubstr("is not in the trace"))));
}

// DeepEP's kernels have names of their own, and nothing of torch stands around them.
TEST(ExpertsDispatch, IsCommunicationByTheNamesOfItsKernels) {
    const Trace trace = importTrace(std::filesystem::path(RINGSCOPE_FIXTURES) / "deep-ep").value();
    const RunFindings findings = analyze(trace);
    EXPECT_EQ(findings.unmatched, 0U);
    EXPECT_THAT(blameUs(findings), ElementsAre(36, 1150, 608, 111));
    EXPECT_TRUE(analyzeAll(trace).unknownKernels.empty());
}

// Without the rules none of them is, which is said.
TEST(ExpertsDispatch, ThatNoRuleKnowsIsShownByItsLongestKernels) {
    const TemporaryFolder folder;
    nlohmann::json document = nlohmann::json::parse(
        readFile(std::filesystem::path(RINGSCOPE_FIXTURES) / "deep-ep" / "rank-0.json").value());
    for (nlohmann::json& event : document["traceEvents"])
        if (event["args"]["stream"] == 20) event["name"] = "my_experts_exchange";
    std::ofstream(folder.path() / "rank-0.json") << document.dump();
    const std::vector<TopSpan> kernels =
        analyzeAll(importTrace(folder.path()).value()).unknownKernels;
    ASSERT_EQ(kernels.size(), 2U);
    EXPECT_EQ(kernels[0].name, "my_experts_exchange");
    EXPECT_EQ(kernels[0].count, 7);
    std::ofstream(folder.path() / "rules.txt") << "transfer my_*_exchange all-to-all\n";
    const KernelRules rules = KernelRules::read(folder.path() / "rules.txt").value();
    EXPECT_TRUE(analyzeAll(importTrace(folder.path(), rules).value()).unknownKernels.empty());
}

std::string allReduce(int begin, int end, const std::string& group, const std::string& ranks,
                      int size, int sequence) {
    return R"({"ph":"X","cat":"kernel","name":"ncclDevKernel_AllReduce_Sum_f32_RING_LL","pid":0,)"
           R"("tid":20,"ts":)" +
           std::to_string(begin) + R"(,"dur":)" + std::to_string(end - begin) +
           R"(,"args":{"stream":20,"Collective name":"allreduce","dtype":"Float",)"
           R"("In msg nelems":4,"Out msg nelems":4,"Process Group Name":")" +
           group + R"(","Process Group Ranks":")" + ranks + R"(","Group size":)" +
           std::to_string(size) + R"(,"Seq":)" + std::to_string(sequence) + "}}";
}

// Ranks 0 to 3 form two pairs. Ranks 0 and 1 enter the pair's operation and that of all in one
// order, 2 and 3 in the other; both groups of rank 0 begin with it, and both count from 1.
TEST(ProcessGroups, AreToldApartByTheirNameAndNumberTheirOwnOperations) {
    const TemporaryFolder folder;
    const std::string all = "[0, 1, 2, 3]";
    for (int rank = 0; rank < 4; ++rank) {
        const std::string pair = rank < 2 ? "[0, 1]" : "[2, 3]";
        const std::string name = rank < 2 ? "1" : "2";
        std::string events;
        for (int i = 0; i < 3; ++i) {
            const int at = 1000 * i;
            const int late = rank == 1 ? 30 : 0;
            const int ofAll = rank == 3 ? 70 : 50;
            events += std::string(i > 0 ? "," : "") +
                      allReduce(at + 100 + late, at + 200, name, pair, 2, i + 1) + "," +
                      allReduce(at + 300 + ofAll, at + 500, "0", all, 4, i + 1);
        }
        std::ofstream(folder.path() / ("rank-" + std::to_string(rank) + ".json"))
            << R"({"distributedInfo":{"rank":)" << rank << R"(,"world_size":4},"traceEvents":[)"
            << events << "]}";
    }
    const RunFindings findings = analyze(importTrace(folder.path()).value());
    EXPECT_EQ(findings.unmatched, 0U);
    // Rank 1 is 30 late to its pair three times; rank 3 is 20 late for three others, three times.
    EXPECT_THAT(blameUs(findings), ElementsAre(0, 90, 0, 180));
    EXPECT_THAT(findings.notes, Not(Contains(HasSubstr("sequence number"))));
}

}  // namespace
}  // namespace ringscope
