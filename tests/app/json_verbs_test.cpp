// What programs read: every --json is one object that says which schema it has.
#include "backend/run/training_checkpoint.h"
#include "backend/trace/file/trace_folder.h"
#include "tests/app/command_line.h"
#include "tests/backend/analysis/made_ring.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

using nlohmann::json;

class JsonVerbs : public CommandLineTest {};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

TEST_F(JsonVerbs, AreObjectsWithASchemaVersion) {
    addRun("legacy");
    addRun("zigzag");
    const Trace trace = mergeRanks(test::madeRing({.ranks = 2, .slow = 1, .slowBy = 1000}));
    ASSERT_TRUE(writeTrace(trace, folder() / "traced").ok());
    const std::string traced = at("traced");
    const std::string file = write("one.yaml", "train: {steps: 2, seq_len: 64}\n");
    const std::string bf16 =
        write("bf16.yaml", "train: {steps: 2, seq_len: 256, precision: bf16}\n");
    const std::string lengths = write("lengths.txt", "64\n32\n32\n");
    const std::string checkpoint = at("run");
    std::filesystem::create_directories(halfFolder(checkpoint, 4));
    ASSERT_TRUE(commitCheckpoint(checkpoint, {.run = "1a2b3c4d", .step = 4}).ok());
    const std::string old = write("old.yaml", "stage: sft\nmodel_name_or_path: x\n");
    // What each verb is given; a verb with --json that is not here fails the test below.
    const std::map<std::string, std::vector<std::string>> given = {
        {"run", {file, "--dry-run"}},
        {"runs ls", {}},
        {"runs show", {}},
        {"runs rerun", {"@last", "--dry-run"}},
        {"checkpoints ls", {folder().string()}},
        {"checkpoints show", {checkpoint}},
        {"checkpoints verify", {checkpoint}},
        {"compare", {}},
        {"modes", {}},
        {"model show", {}},
        {"model components", {}},
        {"trace info", {traced}},
        {"trace analyze", {traced}},
        {"trace steps", {traced}},
        {"trace top", {traced}},
        {"trace diff", {traced, traced}},
        {"trace rules ls", {}},
        {"trace rules test", {"a_kernel"}},
        {"trace flight", {std::string(RINGSCOPE_TRACE_FIXTURES) + "/flight/hang"}},
        {"config show", {file}},
        {"config validate", {file}},
        {"config fields", {}},
        {"migrate", {old}},
        {"data show", {file}},
        {"plan memory", {file}},
        {"plan time", {bf16, "--machine", "h100-8x", "--ranks", "2,4"}},
        {"plan sweep", {bf16, "--machine", "h100-8x", "--lengths", "256,512"}},
        {"plan machines", {}},
        {"plan advise", {bf16, "--machine", "h100-8x", "--ranks", "2"}},
        {"plan train", {bf16, "--machine", "h100-8x", "--tokens", "1B"}},
        {"plan packing", {lengths, "--seq-len", "64", "--ranks", "2"}},
        {"search max-seq-len", {file, "--plan-only", "--budget", "64MiB"}},
        {"data cache", {}},
        {"tokenize", {file}},
        {"version", {}},
    };
    // These start ranks, or compare with what a calibration measured; tests/e2e looks at theirs.
    const std::vector<std::string> withRanks = {"calibrate",  "demo",       "doctor", "generate",
                                                "model eval", "plan check", "verify"};
    for (const VerbHelp& help : allHelps()) {
        if (help.text.find("\n  --json") == std::string::npos) continue;
        const std::string verb = joined(help.words);
        SCOPED_TRACE(verb);
        if (std::ranges::find(withRanks, verb) != withRanks.end()) continue;
        const auto known = given.find(verb);
        ASSERT_NE(known, given.end()) << "say above what this verb is given";
        std::vector<std::string> words = help.words;
        words.insert(words.end(), known->second.begin(), known->second.end());
        words.emplace_back("--json");
        const Ran ran = run(words);
        const json object = json::parse(ran.out, nullptr, /*allow_exceptions=*/false);
        ASSERT_TRUE(object.is_object()) << ran.out << ran.err;
        EXPECT_TRUE(object["schema_version"].is_number_integer());
    }
}

// A CPU's rank holds other tensors, and the object says which device it is of.
TEST_F(JsonVerbs, TellOnePeakOfAFileOnAMachine) {
    const std::string file = write("old.yaml",
                                   "model: {preset: nano}\n"
                                   "train: {seq_len: 256, precision: bf16}\n"
                                   "parallel: {sp: 2, mode: all_gather}\n");
    const json here = json::parse(run({"plan", "memory", file, "--json"}).out)["runs"][0];
    EXPECT_EQ(here["device"], "cpu");
    const auto on = [&](std::vector<std::string> words) {
        words.insert(words.end(), {file, "--machine", "h100-8x", "--json"});
        return json::parse(run(words).out);
    };
    const json there = on({"plan", "memory"})["runs"][0];
    EXPECT_EQ(there["device"], "cuda");
    EXPECT_NE(there["peak_bytes"], here["peak_bytes"]);
    EXPECT_EQ(on({"plan", "time"})["predictions"][0]["peak_bytes"], there["peak_bytes"]);
    EXPECT_EQ(on({"migrate"})["plan"]["new"]["peak_bytes"], there["peak_bytes"]);
}

TEST_F(JsonVerbs, ARefusalIsAnObjectToo) {
    const std::string file =
        write("bad.yaml", "debug: {slow_rank: 99}\nmatrix: {parallel.mode: [ring, zigzag]}\n");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"run", file, "--json"},
                                               {"run", file, "--dry-run", "--json"},
                                               {"config", "validate", file, "--json"}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::BadConfig);
        const json object = json::parse(ran.out, nullptr, /*allow_exceptions=*/false);
        ASSERT_TRUE(object.is_object()) << ran.out << ran.err;
        EXPECT_EQ(object["exit_code"], cli::BadConfig);
    }
}

TEST_F(JsonVerbs, WhyNothingRanIsInTheObject) {
    const std::string file = write("bad.yaml", "train: {stepps: 2, lr: fast}\n");
    const json unread = json::parse(run({"run", file, "--json"}).out);
    EXPECT_EQ(unread["schema_version"], 2);
    EXPECT_EQ(unread["exit_code"], cli::BadConfig);
    EXPECT_EQ(unread["problems"].size(), 2U);
    const std::string good = write("good.yaml", "train: {steps: 2, seq_len: 64}\n");
    const json lacking =
        json::parse(run({"run", good, "--json", "-s", "data.source=" + at("no.txt")}).out);
    EXPECT_EQ(lacking["exit_code"], cli::PreflightFailed);
    ASSERT_EQ(lacking["problems"].size(), 1U);
    EXPECT_THAT(std::string(lacking["problems"][0]),
                ::testing::StartsWith("data.source: cannot read "));
}

}  // namespace
}  // namespace ringscope::test
