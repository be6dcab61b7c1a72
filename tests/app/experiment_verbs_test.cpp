// config, run, verify, migrate: verbs that read what a user wrote, up to where processes start.
#include "app/cli/command.h"
#include "backend/config/mode_aliases.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* twoModes =
    "name: two\ntrain: {steps: 2, seq_len: 64}\nmatrix: {parallel.mode: [ring, zigzag]}\n";

class ExperimentVerbs : public CommandLineTest {};

// Standard input for as long as this lives.
class Typed {
public:
    explicit Typed(const std::string& text) : text_(text), own_(std::cin.rdbuf(text_.rdbuf())) {}
    ~Typed() { std::cin.rdbuf(own_); }
    Typed(const Typed&) = delete;
    Typed& operator=(const Typed&) = delete;

private:
    std::istringstream text_;
    std::streambuf* own_;
};

TEST_F(ExperimentVerbs, ShowTakesTheFileAndThenTheOverrides) {
    const std::string file = write("two.yaml", twoModes);
    EXPECT_THAT(run({"config", "show", file}).out, HasSubstr("steps: 2\n"));
    const Ran ran = run({"config", "show", file, "-s", "train.steps=7", "--set", "name=mine"});
    EXPECT_THAT(ran.out, StartsWith("name: mine\n"));
    EXPECT_THAT(ran.out, HasSubstr("steps: 7\n"));
}

TEST_F(ExperimentVerbs, ShowHasDefaultsWhereNoFileIsNamed) {
    const Ran ran = run({"config", "show", "--origin"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.out, HasSubstr("train.steps "));
    EXPECT_THAT(ran.out, Not(HasSubstr("matrix:")));
    EXPECT_EQ(json::parse(run({"config", "show", "--json"}).out)["schema_version"], 2);
}

TEST_F(ExperimentVerbs, EveryProblemOfAFileIsALineOfItsOwn) {
    const std::string file = write("bad.yaml", "train: {stepps: 2, lr: fast}\n");
    const Ran ran = run({"config", "show", file});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 2) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("ringscope: " + file + ":1"));
    EXPECT_THAT(ran.err, HasSubstr("stepps"));
}

TEST_F(ExperimentVerbs, AFileThatHoldsNothingIsNoExperiment) {
    for (const std::string& file : {write("empty.yaml", ""), write("blank.yaml", "\n# later\n")}) {
        const Ran ran = run({"run", file});
        EXPECT_EQ(ran.exit, cli::BadConfig) << file;
        EXPECT_THAT(ran.err, StartsWith("ringscope: " + file + ": the file holds nothing; "));
    }
    const Ran device = run({"run", "/dev/null"});
    EXPECT_EQ(device.exit, cli::NotFound);
    EXPECT_EQ(device.err, "ringscope: '/dev/null' is no regular file; name one\n");
    const Typed nothing("");
    EXPECT_THAT(run({"run", "-"}).err, HasSubstr("standard input: the file holds nothing"));
}

TEST_F(ExperimentVerbs, AFolderIsNoFile) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"run", at("")}, {"config", "show", at("")}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::NotFound) << words.front();
        EXPECT_THAT(ran.err, HasSubstr("' is a folder, not a file"));
    }
    EXPECT_EQ(run({"migrate", at("none.yaml")}).exit, cli::NotFound);
}

// Needs no machine without a GPU: no machine has a thousand for one run.
TEST_F(ExperimentVerbs, WhatThisMachineLacksIsSaidOnceBeforeAnythingStarts) {
    const std::string file = write("two.yaml", twoModes);
    const std::vector<std::vector<std::string>> verbs = {
        {"run", file}, {"run", "--dry-run", file}, {"config", "validate", file}};
    for (std::vector<std::string> words : verbs) {
        words.insert(words.end(), {"--set", "launch.device=cuda", "--set", "parallel.sp=512",
                                   "--set", "train.seq_len=4096"});
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::PreflightFailed) << words[0];
        EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("launch.device cuda takes a GPU for each rank"));
    }
    for (std::vector<std::string> words : verbs) {
        words.insert(words.end(), {"--set", "data.source=" + at("nope.txt")});
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::PreflightFailed) << words[0];
        EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("data.source: cannot read '"));
    }
    EXPECT_FALSE(std::filesystem::exists(this->file()));
    const Ran verified = run({"verify", "--device", "cuda", "--ranks", "256"});
    EXPECT_EQ(verified.exit, cli::PreflightFailed) << verified.err;
}

TEST_F(ExperimentVerbs, AHostfileThatIsNotThereIsNoHost) {
    const std::string file = write("two.yaml", twoModes);
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"doctor", "--hosts", "nofile.txt"},
             {"doctor", "--hosts", "./nohosts"},
             {"run", file, "--hosts", "/no/hostfile"},
             {"run", file, "-s", "launch.transport=ssh", "-s", "launch.hostfile=nofile.txt"}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::PreflightFailed) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("no such hostfile: '"));
    }
}

TEST_F(ExperimentVerbs, HostsMayBeAHostfile) {
    const std::string hosts = write("hosts.txt", "node1 slots=1\nnode2 slots=1\n");
    const Ran ran = run({"run", write("two.yaml", twoModes), "-n", "--hosts", hosts});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("node2: up to 1 rank, started by: ssh node2 ringscope agent\n"));
}

TEST_F(ExperimentVerbs, AnOutputThatCannotBeWrittenIsRefusedBeforeTheWork) {
    const std::string there = at("no/such/x.html");
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"demo", "--report", there},
             {"report", "-o", there},
             {"migrate", write("old.yaml", "stage: sft\n"), "-o", there}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::PreflightFailed) << words.front();
        EXPECT_THAT(ran.err, HasSubstr("there is no folder '" + at("no/such") +
                                       "'; make it first: mkdir -p "));
    }
    EXPECT_FALSE(std::filesystem::exists(at("no")));
}

TEST_F(ExperimentVerbs, AFileThatIsNotThereIsNotFound) {
    EXPECT_EQ(run({"config", "show", at("none.yaml")}).exit, cli::NotFound);
    EXPECT_EQ(run({"run", at("none.yaml")}).exit, cli::NotFound);
}

TEST_F(ExperimentVerbs, ValidateLooksAtEveryFileAndFailsWhereOneIsWrong) {
    const std::string good = write("good.yaml", twoModes);
    const std::string bad = write("bad.yaml", "train: {steps: -1}\n");
    EXPECT_EQ(run({"config", "validate", good}).out, good + ": valid, 2 runs\n");
    const Ran ran = run({"config", "validate", bad, good});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_EQ(ran.out, good + ": valid, 2 runs\n");
}

TEST_F(ExperimentVerbs, ValidateSaysOfWhichFileARunCouldNotStart) {
    const std::string file =
        write("five.yaml", "train: {seq_len: 64}\nparallel: {mode: ulysses, sp: 5}\n");
    const Ran ran = run({"config", "validate", file});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.err, StartsWith("ringscope: " + file + ": "));
}

TEST_F(ExperimentVerbs, ADashReadsTheExperimentFromStandardInput) {
    const Typed good(twoModes);
    EXPECT_EQ(run({"config", "validate", "-"}).out, "-: valid, 2 runs\n");
}

TEST_F(ExperimentVerbs, WhatIsWrongInStandardInputIsSaidToBeThere) {
    const Typed bad("train: {steps: -1}\n");
    const Ran ran = run({"run", "-", "-n"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.err, StartsWith("ringscope: standard input:1"));
}

TEST_F(ExperimentVerbs, AnOldNameOfAModeIsTakenWithAWarning) {
    const auto alias = std::ranges::find_if(
        modeAliases(), [](const ModeAlias& each) { return !each.now.empty(); });
    ASSERT_NE(alias, modeAliases().end());
    const Ran ran = run({"config", "show", "-s", "parallel.mode=" + std::string(alias->old)});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_THAT(ran.err, StartsWith("ringscope: warning: "));
    EXPECT_THAT(ran.out, HasSubstr("mode: " + std::string(alias->now)));
}

TEST_F(ExperimentVerbs, DoctorRefusesHostsThatAreNoHosts) {
    for (const char* hosts : {"node1:x", "user@", ""}) {
        const Ran ran = run({"doctor", "--hosts", std::string("node0,") + hosts});
        EXPECT_EQ(ran.exit, cli::BadConfig) << hosts;
        EXPECT_THAT(ran.out, IsEmpty());
    }
}

TEST_F(ExperimentVerbs, FieldsAreTheReferenceOfExperimentFiles) {
    EXPECT_THAT(run({"config", "fields"}).out, HasSubstr("seq_len"));
}

TEST_F(ExperimentVerbs, ADryRunPrintsThePlanAndStartsNothing) {
    const Ran ran = run({"run", write("two.yaml", twoModes), "--dry-run"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.out, StartsWith("name "));
    EXPECT_THAT(ran.out, HasSubstr("\ntwo/zigzag "));
    EXPECT_FALSE(std::filesystem::exists(file()));
}

constexpr const char* oneIllegal =
    "name: three\nmodel: {preset: nano, hidden_size: 48, heads: 6, kv_heads: 6}\n"
    "train: {steps: 2, seq_len: 64}\nparallel: {sp: 4}\n"
    "matrix: {parallel.mode: [ring, ulysses, legacy]}\n";

TEST_F(ExperimentVerbs, AModeThatCannotRunHidesNoOther) {
    const std::string file = write("three.yaml", oneIllegal);
    const std::string reason =
        "1 of 3 runs cannot work (ulysses): ulysses needs heads divisible by ranks: 6 heads, 4 "
        "ranks; legal: 1, 2, 3, 6\n";
    const Ran planned = run({"run", file, "--dry-run"});
    EXPECT_EQ(planned.exit, cli::Partial);
    EXPECT_THAT(planned.out, HasSubstr("\nthree/legacy "));
    EXPECT_EQ(planned.err, "ringscope: " + reason);
    const Ran valid = run({"config", "validate", file});
    EXPECT_EQ(valid.exit, cli::Partial);
    EXPECT_EQ(valid.err, "ringscope: " + file + ": " + reason);
    EXPECT_THAT(valid.out, IsEmpty());
}

TEST_F(ExperimentVerbs, ADryRunIsOneObjectForPrograms) {
    const Ran ran = run({"run", write("three.yaml", oneIllegal), "--dry-run", "--json"});
    EXPECT_EQ(ran.exit, cli::Partial);
    const json object = json::parse(ran.out);
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_EQ(object["exit_code"], cli::Partial);
    EXPECT_EQ(object["experiment"], "three");
    ASSERT_EQ(object["runs"].size(), 2U);
    const json& ring = object["runs"][0];
    EXPECT_EQ(ring["mode"], "ring");
    EXPECT_EQ(ring["ranks"], 4);
    EXPECT_EQ(ring["seq_len"], 64);
    EXPECT_GT(ring["flops_per_step"], 0);
    const std::int64_t perLayer = ring["attention_bytes_per_pass"]["forward"].get<std::int64_t>() +
                                  ring["attention_bytes_per_pass"]["backward"].get<std::int64_t>();
    EXPECT_GT(perLayer, 0);
    EXPECT_EQ(ring["predicted_comm_bytes_per_step"].get<std::int64_t>() % perLayer, 0);
    EXPECT_EQ(ring["placement"][0]["ranks"], json::array({0, 1, 2, 3}));
    ASSERT_EQ(object["refusals"].size(), 1U);
    EXPECT_EQ(object["refusals"][0]["mode"], "ulysses");
    ASSERT_EQ(object["hosts"].size(), 1U);
    EXPECT_EQ(object["hosts"][0]["most_ranks"], 4);
    EXPECT_THAT(std::string(object["hosts"][0]["command"]), EndsWith("ringscope agent"));
    EXPECT_TRUE(object["problems"].is_null());
}

TEST_F(ExperimentVerbs, ValidateIsOneObjectForPrograms) {
    const std::string bad = write("bad.yaml", "train: {stepps: 2, lr: fast}\n");
    const Ran ran = run({"config", "validate", write("two.yaml", twoModes), bad, "--json"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    const json object = json::parse(ran.out);
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_EQ(object["files"][0]["valid"], true);
    EXPECT_EQ(object["files"][0]["runs"], 2);
    EXPECT_EQ(object["files"][1]["valid"], false);
    EXPECT_EQ(object["files"][1]["problems"].size(), 2U);
}

TEST_F(ExperimentVerbs, ADryRunRefusesWhatCannotRun) {
    const Ran ran = run({"run", write("two.yaml", twoModes), "-n", "--set", "debug.slow_rank=99"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.out, IsEmpty());
}

TEST_F(ExperimentVerbs, HostsMeanSshAndAreRead) {
    const Ran ran = run({"run", write("two.yaml", twoModes), "-n", "--hosts", "node1:x"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.err, HasSubstr("launch.hosts"));
}

TEST_F(ExperimentVerbs, NoHostsAreNotThisMachine) {
    for (const char* unset : {"", " "}) {
        const Ran ran = run({"run", write("two.yaml", twoModes), "-n", "--hosts", unset});
        EXPECT_EQ(ran.exit, cli::Usage);
        EXPECT_EQ(ran.err, "ringscope: --hosts is empty; expected node1:2,node2:2\n");
    }
}

TEST_F(ExperimentVerbs, ARunThatCannotBePlannedTouchesNoStore) {
    const Ran ran = run({"run", write("two.yaml", twoModes), "--json", "-s", "debug.slow_rank=99"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    const json object = json::parse(ran.out);
    EXPECT_EQ(object["exit_code"], cli::BadConfig);
    EXPECT_EQ(object["store"], "");
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(ExperimentVerbs, DemoTakesOverridesAndRefusesWhatCannotRun) {
    EXPECT_EQ(run({"demo", "--set", "debug.slow_rank=99"}).exit, cli::BadConfig);
    EXPECT_EQ(run({"demo", "--set", "no.such=1"}).exit, cli::BadConfig);
}

TEST_F(ExperimentVerbs, VerifyRefusesWordsThatAreNoProblemBeforeItStartsAnything) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"--ranks", "0"},
                                               {"--ranks", "257"},
                                               {"--shape", "B=1,S=x"},
                                               {"--window", "a,b"},
                                               {"--docs", "0,0"},
                                               {"--dtype", "int8"},
                                               {"--device", "tpu"},
                                               {"--causal", "--full"}}) {
        std::vector<std::string> all = {"verify"};
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = run(all);
        EXPECT_EQ(ran.exit, cli::Usage) << words.front() << ": " << ran.err;
        EXPECT_THAT(ran.out, IsEmpty());
    }
}

TEST_F(ExperimentVerbs, VerifyNamesTheModeThatWasMeant) {
    const Ran ran = run({"verify", "--mode", "zigzig"});
    EXPECT_EQ(ran.exit, cli::Usage);
    EXPECT_THAT(ran.err, HasSubstr("there is no mode 'zigzig', did you mean zigzag?"));
}

// An old configuration with two decisions to make: packing and model.
constexpr const char* oldConfig =
    "model_name_or_path: Qwen/Qwen2.5-0.5B\nfinetuning_type: full\nstage: sft\n"
    "sequence_parallel_size: 2\nneat_packing: true\n";

TEST_F(ExperimentVerbs, MigratePrintsTheExperimentAndWhatBecameOfTheKeys) {
    const Ran ran = run({"migrate", write("old.yaml", oldConfig), "--accept-defaults"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.out, HasSubstr("parallel:"));
    EXPECT_THAT(ran.err, HasSubstr("neat_packing"));
}

TEST_F(ExperimentVerbs, MigrateSaysWhichDecisionsAreOpenAndWritesNothing) {
    const Ran ran = run({"migrate", write("old.yaml", oldConfig), "-o", at("new.yaml")});
    EXPECT_EQ(ran.exit, cli::Partial);
    EXPECT_THAT(ran.err, HasSubstr("ringscope: decisions are open: "));
    EXPECT_FALSE(std::filesystem::exists(at("new.yaml")));
}

TEST_F(ExperimentVerbs, MigrateTakesAnswersAsIdAndOption) {
    const std::string old = write("old.yaml", oldConfig);
    for (const char* answer : {"packing", "=apart", "packing="})
        EXPECT_EQ(run({"migrate", old, "--decide", answer}).exit, cli::Usage) << answer;
    const Ran unknown = run({"migrate", old, "--decide", "packing=sideways"});
    EXPECT_EQ(unknown.exit, cli::Usage);
    EXPECT_THAT(unknown.err, HasSubstr("--decide: decision packing has no option 'sideways'"));
    EXPECT_EQ(run({"migrate", old, "--decide", "packing=apart", "--decide", "model=tiny"}).exit,
              cli::Ok);
}

TEST_F(ExperimentVerbs, MigrateReplacesAnotherFileOnlyOnDemand) {
    const std::string old = write("old.yaml", oldConfig);
    write("new.yaml", "mine\n");
    const Ran ran = run({"migrate", old, "-o", at("new.yaml"), "--accept-defaults"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.err, HasSubstr("\n-mine\n"));
    EXPECT_EQ(readFile(at("new.yaml")).value(), "mine\n");
    const std::vector<std::string> forced = {
        "migrate", old, "-o", at("new.yaml"), "-q", "--accept-defaults", "--force"};
    EXPECT_EQ(run(forced).exit, cli::Ok);
    EXPECT_EQ(run({"config", "validate", at("new.yaml")}).exit, cli::Ok);
}

TEST_F(ExperimentVerbs, MigrateNeverChangesItsSource) {
    const std::string old = write("old.yaml", oldConfig);
    std::filesystem::create_symlink(old, at("other-name.yaml"));
    for (const std::string& name : {old, at("other-name.yaml")})
        EXPECT_EQ(run({"migrate", old, "-o", name, "--accept-defaults", "--force"}).exit,
                  cli::BadConfig);
    EXPECT_EQ(run({"migrate", old, "--report", at("r.pdf")}).exit, cli::Usage);
    EXPECT_EQ(readFile(old).value(), oldConfig);
}

TEST_F(ExperimentVerbs, MigrateWritesAReportAndPrintsJson) {
    const std::string old = write("old.yaml", oldConfig);
    const Ran ran = run({"migrate", old, "--json", "--accept-defaults", "--report", at("r.md")});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_EQ(json::parse(ran.out)["schema_version"], 1);
    EXPECT_THAT(readFile(at("r.md")).value(), HasSubstr("neat_packing"));
    EXPECT_EQ(run({"migrate", old, "--report", at("same.md"), "-o", at("same.md")}).exit,
              cli::Usage);
}

}  // namespace
}  // namespace ringscope::test
