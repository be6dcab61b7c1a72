#include "backend/report/what_ran.h"

#include "backend/core/text.h"
#include "backend/report/writers.h"
#include "tests/backend/report/sample_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

RunRecord withEnvironment(RunRecord run) {
    run.environment.hosts = {{.host = "localhost",
                              .machine = "lab",
                              .processor = "AMD EPYC 7763",
                              .cores = 64,
                              .memory = {256LL << 30},
                              .system = "Linux 6.1.0, Debian GNU/Linux 12",
                              .gpus = {"NVIDIA H200", "NVIDIA H200"},
                              .driver = "570.86.15",
                              .interface = "lo"}};
    run.environment.network = "loopback";
    run.environment.origin = {.command = "ringscope run four.yaml --set train.steps=5",
                              .folder = "/home/anna",
                              .commit = "0123456789abcdef0123456789abcdef01234567",
                              .dirty = true};
    return run;
}

std::string fact(const std::vector<RunRecord>& runs, std::string_view label) {
    for (const RunFact& one : whatRan(runs))
        if (one.label == label) return one.text;
    return "(none)";
}

TEST(WhatRan, SaysModelLengthRanksPrecisionAndMachine) {
    const std::vector<RunRecord> runs = {withEnvironment(finishedRun("ring", 100)),
                                         withEnvironment(finishedRun("zigzag", 50))};
    EXPECT_EQ(fact(runs, "experiment"), "sample");
    EXPECT_EQ(fact(runs, "model"),
              "tiny: 4 layers, hidden size 256, 8 heads, 4 for keys and values, "
              "3,000,000 parameters");
    EXPECT_EQ(fact(runs, "sequence length"), "1,024 tokens");
    EXPECT_EQ(fact(runs, "modes"), "ring, zigzag");
    EXPECT_EQ(fact(runs, "ranks"), "2");
    EXPECT_EQ(fact(runs, "precision"), "fp32");
    EXPECT_EQ(fact(runs, "devices"), "2 × cpu");
    EXPECT_EQ(fact(runs, "hosts"), "localhost");
    EXPECT_EQ(fact(runs, "processor"), "AMD EPYC 7763");
    EXPECT_EQ(fact(runs, "cores of a host"), "64");
    EXPECT_EQ(fact(runs, "memory of a host"), "256 GiB");
    EXPECT_EQ(fact(runs, "GPUs of a host"), "2 × NVIDIA H200");
    EXPECT_EQ(fact(runs, "GPU driver"), "570.86.15");
    EXPECT_EQ(fact(runs, "network"), "loopback");
    EXPECT_EQ(fact(runs, "commit"), "0123456789ab with changes");
    EXPECT_EQ(fact(runs, "command"), "ringscope run four.yaml --set train.steps=5");
}

TEST(WhatRan, HasEachValueOnceAndLeavesOutWhatIsNotKnown) {
    RunRecord other = finishedRun("ring", 100);
    other.config.train.seqLen = 2048;
    EXPECT_EQ(fact({finishedRun("ring", 100), other}, "sequence length"),
              "1,024 tokens; 2,048 tokens");
    EXPECT_EQ(fact({finishedRun("ring", 100)}, "processor"), "(none)");
    EXPECT_EQ(fact({finishedRun("ring", 100)}, "commit"), "(none)");
}

TEST(WhatRan, OfVeryManyValuesShowsTheFirst) {
    std::vector<RunRecord> runs;
    for (int i = 0; i < 11; ++i) {
        runs.push_back(finishedRun("ring", 100));
        runs.back().ranks = i + 1;
    }
    EXPECT_EQ(fact(runs, "ranks"), "1, 2, 3, 4, 5, 6, 7, 8, and 3 more");
}

TEST(WhatRan, NamesNoPresetThatTheModelIsNot) {
    RunRecord run = finishedRun("ring", 100);
    run.config.model.layers = 7;
    EXPECT_EQ(modelWords(run).substr(0, 9), "7 layers,");
}

TEST(Title, IsTheExperimentsName) {
    RunRecord other = finishedRun("ring", 100);
    other.experiment = "sweep";
    RunRecord third = finishedRun("ring", 100);
    third.experiment = "third";
    EXPECT_EQ(titleOf({finishedRun("ring", 100)}), "sample");
    EXPECT_EQ(titleOf({finishedRun("ring", 100), other, other}), "sample and sweep");
    EXPECT_EQ(titleOf({finishedRun("ring", 100), other, third}), "sample and 2 other experiments");
    EXPECT_EQ(makeReport({}, {finishedRun("ring", 100)})->title, "sample");
}

TEST(WhatRan, StandsInEveryFormatForPeopleOutsideOfWhatIsFolded) {
    const Report report = reportOf({withEnvironment(finishedRun("legacy", 100))});
    const std::string page = reporting::writeHtml(report);
    const std::size_t section = page.find("<h2>What ran</h2>");
    ASSERT_NE(section, std::string::npos);
    EXPECT_LT(section, page.find("<details>"));
    EXPECT_LT(section, page.find("<figure>"));
    EXPECT_LT(page.find("AMD EPYC 7763"), page.find("<details>"));
    const std::string markdown = reporting::writeMarkdown(report);
    EXPECT_THAT(markdown, HasSubstr("\n## What ran\n\n* **experiment**: sample\n"));
    EXPECT_THAT(markdown, HasSubstr("* **processor**: AMD EPYC 7763\n"));
}

TEST(WhatRan, IsInTheFormatsForPrograms) {
    const Report report = reportOf({withEnvironment(finishedRun("legacy", 100))});
    const auto run = nlohmann::json::parse(reporting::writeJson(report))["runs"][0];
    EXPECT_EQ(run["environment"]["hosts"][0]["processor"], "AMD EPYC 7763");
    EXPECT_EQ(run["environment"]["dirty"], true);
    EXPECT_EQ(run["environment"]["command"], "ringscope run four.yaml --set train.steps=5");
    const std::vector<std::string> lines = split(reporting::writeCsv(report), '\n');
    EXPECT_THAT(lines.at(0), HasSubstr(",processor,cores,memory_bytes,gpus,driver,network,"));
    EXPECT_THAT(lines.at(1), HasSubstr(",AMD EPYC 7763,64,274877906944,2 × NVIDIA H200,"));
}

TEST(WhatRan, IsNotKnownOfARunThatToldNothing) {
    const auto run = nlohmann::json::parse(
        reporting::writeJson(reportOf({finishedRun("legacy", 100)})))["runs"][0];
    EXPECT_TRUE(run["environment"]["network"].is_null());
    EXPECT_TRUE(run["environment"]["hosts"].empty());
    EXPECT_TRUE(run["environment"]["dirty"].is_null());
}

}  // namespace
}  // namespace ringscope
