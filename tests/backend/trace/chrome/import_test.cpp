// Traces of other tools, made by hand: what becomes of each kind of event.
#include "backend/trace/chrome/import.h"

#include "backend/core/files.h"
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Import : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder.path() / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }
    RankTrace oneRank(const std::string& text) const {
        const Result<Trace> trace = importTrace(write("rank-0.json", text));
        EXPECT_TRUE(trace.ok()) << trace.error().message;
        return trace.ok() ? trace->ranks.front() : RankTrace{};
    }
    RankTrace ofEvents(const std::string& events) const {
        return oneRank("{\"traceEvents\":[" + events + "]}");
    }

    TemporaryFolder folder;
};

std::string kernel(const std::string& name, const std::string& ts, const std::string& dur,
                   int stream = 7, const std::string& more = "") {
    return R"({"ph":"X","cat":"kernel","name":")" + name + R"(","pid":0,"tid":)" +
           std::to_string(stream) + R"(,"ts":)" + ts + R"(,"dur":)" + dur +
           R"(,"args":{"device":0,"context":1,"stream":)" + std::to_string(stream) + more + "}}";
}

TEST_F(Import, PutsKernelsOnTheirStreamsAndCallsThemByTheirNames) {
    const RankTrace rank = ofEvents(kernel("gemm", "100", "10") + "," +
                                    kernel("ncclDevKernel_AllReduce_Sum", "105", "20", 20) + "," +
                                    kernel("void flash::flash_fwd_kernel<…>", "90", "5"));
    ASSERT_EQ(rank.gpu.size(), 2U);
    ASSERT_EQ(rank.gpu[0].spans.size(), 2U);
    EXPECT_EQ(rank.gpu[0].spans[0].kind(), SpanKind::Attention) << "the earlier one comes first";
    EXPECT_EQ(rank.names[rank.gpu[0].names[0]], "void flash::flash_fwd_kernel<…>");
    EXPECT_EQ(rank.gpu[0].spans[1].begin(), 100'000);
    EXPECT_EQ(rank.gpu[0].spans[1].duration(), 10'000);
    EXPECT_EQ(rank.gpu[1].stream, 20U);
    EXPECT_EQ(rank.gpu[1].spans[0].kind(), SpanKind::Transfer);
    EXPECT_EQ(rank.gpu[1].spans[0].operation(), Operation::AllReduce);
}

TEST_F(Import, KeepsEveryNanosecondOfTimesThatADoubleCannotHold) {
    const RankTrace rank =
        oneRank(R"({"baseTimeNanoseconds":1711964646000000001,"traceEvents":[)" +
                kernel("a", "4458676983543.183", "41.407") + "," + kernel("b", "4.5e12", "1e0") +
                "," + kernel("c", "4458676983544", "\"2\"") + "]}");
    ASSERT_EQ(rank.gpu[0].spans.size(), 3U);
    EXPECT_EQ(rank.gpu[0].spans[0].begin(), 1711964646000000001 + 4458676983543183);
    EXPECT_EQ(rank.gpu[0].spans[0].duration(), 41'407);
    EXPECT_EQ(rank.gpu[0].spans[1].duration(), 2'000);
    EXPECT_EQ(rank.gpu[0].spans[2].begin(), 1711964646000000001 + 4500000000000000);
}

TEST_F(Import, SaysWhatItLeftOutAndHowOften) {
    const RankTrace rank = ofEvents(
        kernel("gemm", "1", "1") + "," + kernel("broken", "5", "-2") + "," +
        R"({"ph":"s","cat":"ac2g","id":1,"pid":1,"tid":1,"ts":1,"name":"x"},)"
        R"({"ph":"f","cat":"ac2g","id":1,"pid":1,"tid":1,"ts":1,"name":"x","bp":"e"},)"
        R"({"ph":"X","cat":"gpu_user_annotation","pid":0,"tid":7,"ts":1,"dur":2,"name":"x"},)"
        R"({"ph":"i","name":"mark","pid":0,"tid":7,"ts":1}, 17)");
    EXPECT_THAT(rank.notes,
                ElementsAre("events that are in no figure: 2 ac2g arrows, 1 gpu_user_annotation, "
                            "1 that are not JSON objects, 1 without category (ph i), "
                            "1 without usable times"));
}

TEST_F(Import, TakesTheHostsWorkUnderItsNames) {
    const RankTrace rank = ofEvents(
        R"({"ph":"X","cat":"cpu_op","name":"aten::\"mm\"","pid":1,"tid":1,"ts":3,"dur":2},)"
        R"({"ph":"B","name":"outer","pid":1,"tid":2,"ts":1},)"
        R"({"ph":"B","name":"inner","pid":1,"tid":2,"ts":2},)"
        R"({"ph":"E","pid":1,"tid":2,"ts":4},{"ph":"E","pid":1,"tid":2,"ts":9})");
    ASSERT_EQ(rank.spans.size(), 3U);
    std::vector<std::string> names;
    for (std::uint32_t name : rank.spanNames) names.push_back(rank.names[name]);
    EXPECT_THAT(names, ElementsAre("outer", "inner", "aten::\"mm\""));
    EXPECT_EQ(rank.spans[0].duration(), 8'000);
    EXPECT_EQ(rank.origin.source, "chrome");
}

TEST_F(Import, PutsAKernelIntoTheStepThatLaunchedIt) {
    const RankTrace rank = ofEvents(
        R"({"ph":"X","cat":"user_annotation","name":"ProfilerStep#4","pid":1,"tid":1,"ts":0,"dur":100},)"
        R"({"ph":"X","cat":"user_annotation","name":"ProfilerStep#5","pid":1,"tid":1,"ts":100,"dur":100},)"
        R"({"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":1,"ts":90,"dur":2,)"
        R"("args":{"correlation":77}},)" +
        kernel("late", "130", "5", 7, R"(,"correlation":77)"));
    ASSERT_EQ(rank.gpu[0].spans.size(), 1U);
    EXPECT_EQ(rank.gpu[0].spans[0].step(), 4);
    EXPECT_THAT(rank.gpu[0].launched, ElementsAre(90'000));
}

TEST_F(Import, ReadsTheWholeOfATraceWithoutAnObjectAroundIt) {
    const RankTrace rank = oneRank("\xEF\xBB\xBF [ " + kernel("a", "1", "1") + " ,\n" +
                                   kernel("b", "2", "1") + "\n]\n");
    EXPECT_EQ(rank.gpu[0].spans.size(), 2U);
    EXPECT_THAT(rank.losses, IsEmpty());
}

TEST_F(Import, ReadsATraceThatWasCutOffAsFarAsItGoes) {
    const std::string whole = R"({"schemaVersion":1,"traceEvents":[)" + kernel("a", "1", "1") +
                              "," + kernel("b", "2", "1") + R"(],"distributedInfo":{"rank":3}})";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto file = write("cut.json", whole.substr(0, length));
        const Result<std::vector<ImportedRank>> ranks =
            readChromeTrace(file, KernelRules::builtIn());
        if (!ranks.ok()) {
            EXPECT_THAT(ranks.error().message, HasSubstr("cut.json")) << length;
        } else {
            EXPECT_FALSE(ranks->front().trace.losses.empty()) << length;
        }
    }
    EXPECT_EQ(oneRank(whole).origin.rank, 3);
}

TEST_F(Import, ReadsCompressedFilesAndFindsRanksByTheirNames) {
    for (int r : {0, 1}) {
        const std::string text =
            R"({"traceEvents":[)" + kernel("a", std::to_string(r + 1), "1") + "]}";
        gzFile_s* file =
            gzopen((folder.path() / ("rank-" + std::to_string(r) + ".json.gz")).c_str(), "wb");
        ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
                  static_cast<int>(text.size()));
        gzclose(file);
    }
    const Trace trace = importTrace(folder.path()).value();
    ASSERT_EQ(trace.ranks.size(), 2U);
    EXPECT_EQ(trace.ranks[1].origin.rank, 1);
    EXPECT_EQ(trace.ranks[1].gpu[0].spans[0].begin(), 2'000);
    EXPECT_THAT(trace.notes, IsEmpty());
}

// A file of 130 KB that holds 128 MiB; one of 8 GiB would be as short of a trace.
TEST_F(Import, EndsEarlyWhereACompressedFileHoldsFarMoreThanATraceWould) {
    const auto file = folder.path() / "swells.json.gz";
    gzFile_s* packed = gzopen(file.c_str(), "wb1");
    const std::string begin = R"({"traceEvents":[)" + kernel("a", "1", "1");
    gzwrite(packed, begin.data(), static_cast<unsigned>(begin.size()));
    const std::string blanks(std::size_t{1} << 20, ' ');
    for (int i = 0; i < 128; ++i)
        gzwrite(packed, blanks.data(), static_cast<unsigned>(blanks.size()));
    gzwrite(packed, "]}", 2);
    gzclose(packed);
    const std::vector<ImportedRank> ranks = readChromeTrace(file, KernelRules::builtIn()).value();
    EXPECT_THAT(ranks.front().trace.losses,
                ElementsAre(HasSubstr("holds more than 200 times its size, which no trace does; "
                                      "what follows is not read")));
    EXPECT_EQ(ranks.front().trace.gpu[0].spans.size(), 1U) << "what stood before it is kept";
}

TEST_F(Import, GivesRanksToFilesThatSayNone) {
    write("a.json", R"({"traceEvents":[)" + kernel("a", "1", "1") + "]}");
    write("b.json", R"({"traceEvents":[)" + kernel("a", "1", "1") + "]}");
    const Trace trace = importTrace(folder.path()).value();
    EXPECT_THAT(trace.notes,
                ElementsAre("rank 0: 'a.json' does not say its rank; it is shown as 0",
                            "rank 1: 'b.json' does not say its rank; it is shown as 1"));
}

std::string kineto(int rank, int world, const std::string& events) {
    return R"({"distributedInfo":{"rank":)" + std::to_string(rank) + R"(,"world_size":)" +
           std::to_string(world) + R"(},"traceEvents":[)" + events + "]}";
}

// Two jobs left their files in one folder.
TEST_F(Import, RefusesTheTracesOfTwoRunsAndNamesBoth) {
    const auto refusal = [&](const std::string& second) {
        const TemporaryFolder both;
        std::ofstream(both.path() / "a.json") << kineto(0, 4, kernel("gemm", "1", "9"));
        std::ofstream(both.path() / "b.json") << second;
        const Result<Trace> trace = importTrace(both.path());
        if (trace.ok()) return std::string();
        const std::string place = "'" + both.path().string() + "' holds traces of two runs: ";
        EXPECT_THAT(trace.error().message, ::testing::StartsWith(place));
        return trace.error().message.substr(place.size());
    };
    const std::string advice =
        "; name one of the files, or move those of one run to a folder of their own";
    EXPECT_EQ(refusal(kineto(0, 4, kernel("gemm", "1000", "9"))),
              "'a.json' and 'b.json' are both of rank 0, 990 µs apart" + advice);
    EXPECT_EQ(refusal(kineto(1, 8, kernel("gemm", "1", "9"))),
              "'a.json' is of 4 ranks, 'b.json' of 8" + advice);
    EXPECT_EQ(refusal(kineto(1, 4, kernel("gemm", "33696000000010", "9"))),
              "'a.json' ends 9360 h 0 min before 'b.json' begins" + advice);
    EXPECT_EQ(refusal(kineto(1, 4, kernel("gemm", "1000", "9"))), "");
}

TEST_F(Import, TakesTwoFilesOfARankAtTheSameTimeAsBefore) {
    write("a.json", kineto(0, 2, kernel("gemm", "1", "9")));
    write("b.json", kineto(0, 2, kernel("gemm", "5", "9")));
    const Trace trace = importTrace(folder.path()).value();
    EXPECT_EQ(trace.ranks.size(), 2U);
}

TEST_F(Import, TakesTheOtherEndOfAMessageFromTheCallThatLaunchedIt) {
    const RankTrace rank = ofEvents(
        R"({"ph":"X","cat":"user_annotation","name":"nccl:send 0->3","pid":1,"tid":1,"ts":10,"dur":9},)"
        R"({"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernelExC","pid":1,"tid":1,"ts":12,)"
        R"("dur":2,"args":{"correlation":5}},)"
        R"({"ph":"X","cat":"user_annotation","name":"nccl:recv 0<-2","pid":1,"tid":1,"ts":20,"dur":9},)"
        R"({"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernelExC","pid":1,"tid":1,"ts":22,)"
        R"("dur":2,"args":{"correlation":6}},)" +
        kernel("ncclDevKernel_SendRecv", "40", "5", 9, R"(,"correlation":5)") + "," +
        kernel("ncclDevKernel_SendRecv", "50", "5", 9, R"(,"correlation":6)") + "," +
        kernel("gemm", "60", "5", 9, R"(,"correlation":6)"));
    const std::vector<Span>& spans = rank.gpu[0].spans;
    EXPECT_EQ(spans[0].operation(), Operation::Send);
    EXPECT_EQ(spans[0].peer(), 3);
    EXPECT_EQ(spans[1].operation(), Operation::Receive);
    EXPECT_EQ(spans[1].peer(), 2);
    EXPECT_EQ(spans[2].kind(), SpanKind::Compute);
}

TEST_F(Import, TakesCollectivesAsKinetoDescribesThem) {
    const RankTrace rank = ofEvents(
        kernel("my_kernel", "1", "1", 7,
               R"(,"Collective name":"allreduce","dtype":"BFloat16","In msg nelems":100,)"
               R"("Out msg nelems":100,"Group size":2,"Process Group Ranks":"[2, 3]","Seq":9)") +
        "," +
        kernel("ncclDevKernel_SendRecv", "3", "1", 7,
               R"(,"Collective name":"send","dtype":"Float","In msg nelems":8,"Dst Rank":5)"));
    const Span& reduce = rank.gpu[0].spans[0];
    EXPECT_EQ(reduce.kind(), SpanKind::Transfer);
    EXPECT_EQ(reduce.operation(), Operation::AllReduce);
    EXPECT_EQ(reduce.bytes(), 200);
    EXPECT_EQ(reduce.peer(), 2);
    const Span& send = rank.gpu[0].spans[1];
    EXPECT_EQ(send.operation(), Operation::Send);
    EXPECT_EQ(send.peer(), 5);
    EXPECT_EQ(send.bytes(), 32);
}

// Rank 1's clock is 1 s ahead; each collective ends everywhere at once.
TEST_F(Import, AlignsClocksByTheEndsOfCollectives) {
    for (int r : {0, 1}) {
        std::string events;
        for (int i = 0; i < 5; ++i)
            events += (i > 0 ? "," : "") + kernel("ncclKernel_AllReduce",
                                                  std::to_string(1'000'000 * r + 100 * i + 10 * r),
                                                  std::to_string(50 - 10 * r));
        write("rank" + std::to_string(r) + ".json", "[" + events + "]");
    }
    const Trace trace = importTrace(folder.path()).value();
    EXPECT_EQ(trace.ranks[0].gpu[0].spans[2].end(), trace.ranks[1].gpu[0].spans[2].end());
    EXPECT_EQ(trace.clockErrorNs, 0);
}

TEST_F(Import, LooksAtAFewBytesAtATime) {
    // Events larger than the window it reads through, and a member larger than both.
    const std::string large(3'000'000, 'x');
    const RankTrace rank =
        oneRank(R"({"stackFrames":")" + large + R"(","traceEvents":[)" + kernel("a", "1", "1") +
                "," + kernel(large, "2", "1") + "," + kernel("b", "3", "1") + "]}");
    EXPECT_EQ(rank.gpu[0].spans.size(), 3U);
}

TEST_F(Import, RefusesWhatIsNoTrace) {
    for (const char* text : {"", "hello", "{}", "[]", R"({"traceEvents":[]})", "\x1f\x8b"}) {
        const Result<Trace> trace = importTrace(write("no.json", text));
        ASSERT_FALSE(trace.ok()) << text;
        EXPECT_THAT(trace.error().message, HasSubstr("no.json"));
    }
    EXPECT_FALSE(importTrace(folder.path() / "absent.json").ok());
}

TEST(KernelRules, TakeTheFirstThatFits) {
    const KernelRules rules = KernelRules::parse(
                                  "transfer my_*_exchange all-to-all\n"
                                  "# a remark\n"
                                  "attention *mine*\n",
                                  "rules.txt")
                                  .value();
    EXPECT_EQ(rules.meaningOf("My_ring_EXCHANGE"),
              (KernelMeaning{SpanKind::Transfer, Operation::AllToAll}));
    EXPECT_EQ(rules.meaningOf("a mine b"), (KernelMeaning{SpanKind::Attention, Operation::Block}));
    EXPECT_EQ(rules.meaningOf("gemm"), (KernelMeaning{SpanKind::Compute, Operation::Kernel}));
}

TEST(KernelRules, SayWhereALineIsWrong) {
    const auto refusal = [](const std::string& text) {
        return KernelRules::parse(text, "mine.txt").error().message;
    };
    EXPECT_EQ(refusal("\n  communication nccl*"),
              "mine.txt:2:3: 'communication' is no class of kernels; expected one of attention, "
              "compute, transfer, copy");
    EXPECT_THAT(refusal("transfer a broadcast"),
                HasSubstr("mine.txt:1:12: 'broadcast' is no operation"));
    EXPECT_EQ(refusal("transfer"),
              "mine.txt:1:9: a kernel's name is missing; '*' in it stands for anything");
    EXPECT_THAT(refusal("transfer a all-reduce c"), HasSubstr("mine.txt:1:23: 'c' is too much"));
}

// Names as the profilers of these libraries show them.
TEST(KernelRules, KnowTheCommunicationOfOtherLibraries) {
    const KernelRules& rules = KernelRules::builtIn();
    for (const auto& [name, operation] : std::vector<std::pair<const char*, Operation>>{
             {"void deep_ep::internode_ll::dispatch<false, 3, 7168>(void*, int)",
              Operation::AllToAll},
             {"void deep_ep::intranode::combine<__nv_bfloat16, 8>(int*)", Operation::AllToAll},
             {"void deep_ep::intranode::barrier<8>(int**, int)", Operation::Barrier},
             {"void dpsk::ep::dispatch_kernel<8>(int4*)", Operation::AllToAll},
             {"nvshmemi_transfer_rma_p", Operation::None},
             {"void mscclpp::allreduce6<float>(float*)", Operation::AllReduce},
             {"rcclDevKernel_AllGather_RING", Operation::AllGather},
             {"void vllm::cross_device_reduce_1stage<half, 8>(vllm::RankData*)",
              Operation::AllReduce},
             {"void tensorrt_llm::kernels::oneShotAllReduceKernel<half, 8>", Operation::AllReduce},
             {"flashinfer::trtllm_allreduce_fusion::allreduce_fusion_kernel_oneshot_lamport",
              Operation::AllReduce},
             {"void multimem_all_reduce_kernel<c10::BFloat16, 16>", Operation::AllReduce},
             {"void two_shot_all_reduce_kernel<float, 4, 8>", Operation::AllReduce},
             {"Memcpy PtoP (Device -> Device)", Operation::None}}) {
        EXPECT_EQ(rules.meaningOf(name).kind, SpanKind::Transfer) << name;
        EXPECT_EQ(rules.meaningOf(name).operation, operation) << name;
    }
    for (const char* name : {"void deep_ep::layout::get_dispatch_layout<256>(long*)",
                             "Memcpy DtoD (Device -> Device)", "ampere_sgemm_128x64_tn"})
        EXPECT_NE(rules.meaningOf(name).kind, SpanKind::Transfer) << name;
}

TEST_F(Import, CountsCopiesBetweenGpusAsCommunication) {
    const auto copy = [](const std::string& kind, int at, int bytes) {
        return R"({"ph":"X","cat":"gpu_memcpy","name":"Memcpy )" + kind +
               " (Device -> Device)\",\"pid\":0,\"tid\":7,\"ts\":" + std::to_string(at) +
               R"(,"dur":2,"args":{"stream":7,"bytes":)" + std::to_string(bytes) + "}}";
    };
    const RankTrace rank = ofEvents(copy("PtoP", 1, 64) + "," + copy("DtoD", 5, 32));
    EXPECT_EQ(rank.gpu[0].spans[0].kind(), SpanKind::Transfer);
    EXPECT_EQ(rank.gpu[0].spans[0].bytes(), 64);
    EXPECT_EQ(rank.gpu[0].spans[1].kind(), SpanKind::Copy);
}

TEST_F(Import, RulesAreSavedOnceAndReadBack) {
    const auto file = folder.path() / "data" / "kernel_rules.txt";
    ASSERT_TRUE(saveKernelRule(file, "transfer my_*_exchange all-to-all").ok());
    ASSERT_TRUE(saveKernelRule(file, "attention *mine*").ok());
    const KernelRules rules = KernelRules::read(file).value();
    const KernelRule* rule = rules.ruleFor("MY_ring_exchange");
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->meaning, (KernelMeaning{SpanKind::Transfer, Operation::AllToAll}));
    EXPECT_EQ(rule->file, file.string());
    EXPECT_EQ(rule->line, 3);
    EXPECT_EQ(rules.ruleFor("ncclDevKernel_AllReduce")->file, "");
    EXPECT_EQ(saveKernelRule(file, "copy my_*_exchange").error().message,
              file.string() + ":3 has a rule for 'my_*_exchange' already; change it there");
    EXPECT_EQ(saveKernelRule(file, "nonsense a").error().message,
              "the rule:1:1: 'nonsense' is no class of kernels; expected one of attention, "
              "compute, transfer, copy");
}

TEST_F(Import, WrittenAsOursReadsBackTheSame) {
    write("rank-0.json",
          R"({"traceEvents":[{"ph":"X","cat":"cpu_op","name":"op","pid":1,"tid":1,"ts":3,"dur":2},)"
          R"({"ph":"X","cat":"cuda_runtime","name":"l","pid":1,"tid":1,"ts":1,"dur":1,)"
          R"("args":{"correlation":5}},)" +
              kernel("gemm", "7", "2", 7, R"(,"correlation":5)") + "," + kernel("nccl", "5", "4") +
              "]}");
    const Trace trace = importTrace(folder.path()).value();
    ASSERT_TRUE(writeTrace(trace, folder.path() / "ours").ok());
    const Trace again = readTrace(folder.path() / "ours").value();
    ASSERT_EQ(again.ranks.size(), 1U);
    const RankTrace& before = trace.ranks[0];
    const RankTrace& after = again.ranks[0];
    EXPECT_EQ(after.spans, before.spans);
    EXPECT_EQ(after.names, before.names);
    EXPECT_EQ(after.spanNames, before.spanNames);
    ASSERT_EQ(after.gpu.size(), 1U);
    EXPECT_EQ(after.gpu[0].spans, before.gpu[0].spans);
    EXPECT_EQ(after.gpu[0].names, before.gpu[0].names);
    EXPECT_EQ(after.gpu[0].launched, before.gpu[0].launched);
    EXPECT_EQ(after.origin.source, "chrome");
    EXPECT_EQ(again.notes, trace.notes);
    EXPECT_FALSE(writeTrace(trace, folder.path() / "ours").ok()) << "overwrites nothing";
}

TEST_F(Import, OfOurOwnExportLosesNothing) {
    RankTrace ours;
    ours.origin = {.run = "r", .rank = 1, .world = 2, .mode = "ring", .device = "cuda:0"};
    ours.complete = true;
    const SpanTag tag{.kind = SpanKind::Transfer,
                      .operation = Operation::Send,
                      .pass = SpanPass::Backward,
                      .step = 3,
                      .layer = 2,
                      .ringStep = 1,
                      .peer = 0,
                      .bytes = 4096,
                      .message = 12};
    SpanTag copy;
    copy.kind = SpanKind::Copy;
    copy.operation = Operation::MemoryCopy;
    ours.spans = {Span(1'000'000'000, 1'000'000'777, tag), Span(1'000'000'001, 1'000'000'002, {})};
    ours.gpu = {{0, 1, 7, {Span(1'000'000'500, 1'000'000'900, copy)}}};
    RankTrace other = ours;
    other.origin.rank = 0;
    const Trace trace = mergeRanks({ours, other});
    ASSERT_TRUE(writeChromeTrace(trace, folder.path() / "out.json").ok());
    const Trace again = importTrace(folder.path() / "out.json").value();
    ASSERT_EQ(again.ranks.size(), 2U);
    EXPECT_EQ(again.ranks[1].spans, ours.spans);
    ASSERT_EQ(again.ranks[1].gpu.size(), 1U);
    EXPECT_EQ(again.ranks[1].gpu[0].spans, ours.gpu[0].spans);
    EXPECT_EQ(again.ranks[1].origin.mode, "ring");
    EXPECT_EQ(again.ranks[1].origin.source, "");
}

// HTA drops kernels whose launch it does not find, and finds ranks by a spelling.
TEST_F(Import, ExportsAnotherToolsTraceInItsOwnWords) {
    write(
        "rank-1.json",
        R"({"distributedInfo":{"rank":1,"world_size":2},"traceEvents":[)"
        R"({"ph":"X","cat":"user_annotation","name":"ProfilerStep#4","pid":1,"tid":1,"ts":0,"dur":90},)"
        R"({"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":2,"dur":20},)"
        R"({"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":1,"ts":3,"dur":1,)"
        R"("args":{"correlation":77}},)" +
            kernel("gemm", "13", "5", 7, R"(,"correlation":77)") + "]}");
    const Trace trace = importTrace(folder.path()).value();
    const auto file = folder.path() / "again.json";
    ASSERT_TRUE(writeChromeTrace(trace, file).ok());
    const std::string text = readFile(file).value();
    EXPECT_THAT(text, HasSubstr(R"("distributedInfo": {"rank": 1, "world_size": 2})"));
    std::map<std::string, std::string> categories;
    std::map<std::string, std::int64_t> correlations;
    const auto document = nlohmann::json::parse(text);
    for (const auto& event : document["traceEvents"]) {
        if (event["ph"] != "X") continue;
        categories[event["name"]] = event["cat"];
        correlations[event["name"]] = event["args"].value("correlation", std::int64_t{-1});
    }
    EXPECT_EQ(categories["ProfilerStep#4"], "user_annotation");
    EXPECT_EQ(categories["aten::mm"], "cpu_op");
    EXPECT_EQ(categories["cudaLaunchKernel"], "cuda_runtime");
    EXPECT_EQ(categories["gemm"], "kernel");
    EXPECT_EQ(correlations["gemm"], correlations["cudaLaunchKernel"]);
    EXPECT_NE(correlations["gemm"], -1);
}

}  // namespace
}  // namespace ringscope
