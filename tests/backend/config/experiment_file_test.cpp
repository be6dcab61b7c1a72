// What is wrong with a file, in the words and at the place a user reads.
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;

TEST(ExperimentFile, MayHaveEmptySectionsAndThenMeansTheDefaults) {
    for (const char* text : {"", "model:\ntrain:\nmatrix:\n", "{}"})
        EXPECT_EQ(experimentOf(text).base, RunConfig{}) << text;
}

TEST(ExperimentFile, ThatHoldsNothingIsRefused) {
    for (const char* text : {"\n", "# nothing yet\n", "---\n"})
        EXPECT_THAT(problemsIn(text),
                    ElementsAre(testing::HasSubstr("t.yaml: the file holds nothing")))
            << text;
    EXPECT_EQ(
        problemsOf(readExperiment(
                       {.fileName = "t.yaml", .fileText = {}, .environment = {}, .overrides = {}}))
            .size(),
        1U);
    EXPECT_TRUE(readExperiment({}).ok());
}

TEST(ExperimentFile, MayNameSeveralSourcesOfData) {
    const Experiment experiment =
        experimentOf("data: {source: [a.txt, more/*.jsonl]}\ntrain: {task: sft}\n");
    EXPECT_EQ(experiment.base.data.source, "[a.txt, more/*.jsonl]");
    EXPECT_EQ(experimentOf(toYaml(experiment.base)).base, experiment.base);
    EXPECT_EQ(experimentOf("matrix: {data.source: [a.txt, b.txt]}").matrix.front().values,
              (std::vector<std::string>{"a.txt", "b.txt"}));
    EXPECT_THAT(
        problemsIn("data: {source: [a.txt, '']}"),
        ElementsAre(testing::HasSubstr("data.source [a.txt, ] is a list with an empty name; "
                                       "write names like [a.txt, b.jsonl]")));
}

TEST(ExperimentFile, RefusesWhatAnswersCannotBeLearnedFrom) {
    EXPECT_THAT(problemsIn("train: {task: sft, batch: 2}\ndata: {order: samples}"),
                ::testing::IsSupersetOf(
                    {testing::HasSubstr("data.source must be a .jsonl file of conversations where "
                                        "train.task is sft"),
                     testing::HasSubstr("data.order must be auto, shuffled or sequential where"),
                     testing::HasSubstr("train.batch must be 1 (train.grad_accum takes more)")}));
}

TEST(ExperimentFile, IsReadWithEverySectionOfTheArchitecturePage) {
    const Experiment experiment = experimentOf(R"(
name: four-modes
model:    {preset: tiny, layers: 2, hidden_size: 128, heads: 4, kv_heads: 2, ffn_size: 300, vocab_size: 300, rope_theta: 5000}
data:     {source: "text file.txt", tokenizer: byte, packing: false}
train:    {steps: 12, warmup_steps: 2, seq_len: 4_096, batch: 2, grad_accum: 3, precision: fp64, lr: 1.0e-3, grad_clip: 0.5, seed: 7}
attention: {causal: false, window: null, dropout: 0.0, scale: null, softcap: 30, alibi: false}
parallel: {mode: ring, sp: 4, dp: 1, ulysses: 1, comm_buffer_limit: 512MiB}
profile:  {steps: [3, 6], memory: false, cupti: off}
launch:   {transport: local, hosts: [a, b], threads_per_rank: 2}
repeat: 3
)");
    EXPECT_EQ(experiment.name, "four-modes");
    EXPECT_EQ(experiment.repeat, 3);
    EXPECT_EQ(experiment.base.model.hiddenSize, 128);
    EXPECT_EQ(experiment.base.data.source, "text file.txt");
    EXPECT_EQ(experiment.base.train.seqLen, 4096);
    EXPECT_EQ(experiment.base.attention.softcap, 30.0);
    EXPECT_EQ(experiment.base.attention.window, std::nullopt);
    EXPECT_EQ(experiment.base.parallel.commBufferLimit, Bytes{512 << 20});
    EXPECT_EQ(experiment.base.profile.steps, (StepRange{3, 6}));
    EXPECT_EQ(experiment.base.profile.cupti, CuptiUse::Off);
    EXPECT_EQ(experiment.base.launch.hosts, (std::vector<std::string>{"a", "b"}));
}

TEST(ExperimentFile, ReadsAPartOfASectionNestedOrWithADot) {
    const Experiment nested =
        experimentOf("attention:\n  pattern: {kind: dilated, segments: [64, 64], rates: [1, 2]}\n");
    EXPECT_EQ(nested.base.attention.pattern.segments, (std::vector<std::int64_t>{64, 64}));
    const Experiment dotted = experimentOf(
        "attention: {pattern.kind: dilated, pattern.segments: [64, 64], pattern.rates: [1, 2]}\n");
    EXPECT_EQ(nested.base, dotted.base);
    EXPECT_THAT(problemsIn("attention:\n  pattern: {knd: dilated}\n"),
                ElementsAre("t.yaml:2:13: attention.pattern: unknown key 'knd'; did you mean "
                            "'kind'?"));
    EXPECT_THAT(problemsIn("attention: {pattern: dilated}\n"),
                ElementsAre("t.yaml:1:22: attention.pattern: expected fields like attention: "
                            "{pattern.kind: …}; got 'dilated'"));
}

TEST(ExperimentFile, NamesTheNearestKeyOfTheSection) {
    EXPECT_THAT(problemsIn("model:\n  layers: 2\n  hiden_size: 64\n"),
                ElementsAre("t.yaml:3:3: model: unknown key 'hiden_size'; did you mean "
                            "'hidden_size'?"));
    EXPECT_THAT(problemsIn("modle: {layers: 2}\n"),
                ElementsAre("t.yaml:1:1: unknown key 'modle'; did you mean 'model'?"));
}

TEST(ExperimentFile, NamesTheSectionAMisplacedKeyBelongsTo) {
    EXPECT_THAT(
        problemsIn("hidden_size: 64\n"),
        ElementsAre("t.yaml:1:1: unknown key 'hidden_size'; write model: {hidden_size: …}"));
    EXPECT_THAT(problemsIn("model.hidden_size: 64\n"),
                ElementsAre("t.yaml:1:1: unknown key 'model.hidden_size'; write model: "
                            "{hidden_size: …}"));
    EXPECT_THAT(problemsIn("model: {seq_len: 64}\n"),
                ElementsAre("t.yaml:1:9: model: unknown key 'seq_len'; write train: {seq_len: …}"));
    EXPECT_THAT(problemsIn("steps: 3\n"),
                ElementsAre("t.yaml:1:1: unknown key 'steps'; write train: {steps: …} or profile: "
                            "{steps: …}"));
}

TEST(ExperimentFile, ListsTheKnownKeysWhereNoneIsNear) {
    EXPECT_THAT(
        problemsIn("profile: {gpu: true}\n"),
        ElementsAre("t.yaml:1:11: profile: unknown key 'gpu'; known: steps, ranks, memory, cupti"));
}

TEST(ExperimentFile, RefusesValuesOfAnotherTypeWhereTheyStand) {
    EXPECT_THAT(
        problemsIn("train:\n  steps: twelve\n  seed: \"4\"\n  lr: .inf\n  batch: [1]\n  "
                   "seq_len:\nattention: {causal: yes, window: {a: 1}}\n"),
        ElementsAre(
            "t.yaml:2:10: train.steps: expected an integer, 1 to 1,000,000,000; got 'twelve'",
            "t.yaml:3:9: train.seed: expected an integer, at least 0; got the text '4'; remove "
            "the quotes",
            "t.yaml:4:7: train.lr: expected a number, at least 0; got '.inf'",
            "t.yaml:5:10: train.batch: expected an integer, 1 to 4,096; got a list",
            "t.yaml:6:3: train.seq_len: expected an integer like 4096 or 128k (k is 1,024), 2 to "
            "67,108,864; got nothing",
            "t.yaml:7:21: attention.causal: expected true or false; got 'yes'",
            "t.yaml:7:34: attention.window: expected an integer like 4096 or 128k (k is 1,024), 1 "
            "to "
            "67,108,864, or null; got a map"));
}

TEST(ExperimentFile, TakesQuotedTextForText) {
    const Experiment experiment = experimentOf("data: {source: \"null\"}\nname: '12'\n");
    EXPECT_EQ(experiment.base.data.source, "null");
    EXPECT_EQ(experiment.name, "12");
    EXPECT_EQ(problemsIn("attention: {window: \"null\"}\n").size(), 1U);
}

TEST(ExperimentFile, RefusesListItemsWithSpacesOrBrackets) {
    EXPECT_THAT(problemsIn("launch: {hosts: [\"a,b\"]}\n"),
                ElementsAre("t.yaml:1:17: launch.hosts: expected a list like [a, b], items without "
                            "spaces, commas or brackets; got a list with the text 'a,b'"));
    EXPECT_EQ(problemsIn("launch: {hosts: [[a]]}\n").size(), 1U);
    EXPECT_EQ(problemsIn("profile: {steps: [\"3\", 6]}\n").size(), 1U);
    EXPECT_EQ(problemsIn("profile: {steps: [6, 3]}\n").size(), 1U);
    EXPECT_EQ(problemsIn("profile: {steps: 3}\n").size(), 1U);
}

TEST(ExperimentFile, IsAMapOfMaps) {
    EXPECT_THAT(problemsIn("[1, 2]"), ElementsAre("t.yaml:1:1: expected sections like model: "
                                                  "{preset: tiny}; got a list"));
    EXPECT_THAT(problemsIn("zigzag"), ElementsAre("t.yaml:1:1: expected sections like model: "
                                                  "{preset: tiny}; got 'zigzag'"));
    EXPECT_THAT(problemsIn("parallel: zigzag"),
                ElementsAre("t.yaml:1:11: parallel: expected fields like parallel: {mode: …}; got "
                            "'zigzag'"));
}

TEST(ExperimentFile, ChecksNameAndRepeat) {
    EXPECT_THAT(
        problemsIn("name: \"\"\nrepeat: 0\n"),
        ElementsAre("t.yaml:1:7: name: expected a name of 1 to 100 characters, on one line; got ''",
                    "t.yaml:2:9: repeat: expected an integer, 1 to 10,000; got '0'"));
    EXPECT_EQ(problemsIn("name: [a]\nrepeat:\n").size(), 2U);
}

TEST(ExperimentFile, ChecksEveryMatrixValueWhereItStands) {
    EXPECT_THAT(
        problemsIn("matrix:\n  parallel.mode: [ring, rng]\n  train.seq_len: [1_024, 1024]\n  "
                   "train.batch: []\n"),
        ElementsAre("t.yaml:2:25: parallel.mode: expected one of " +
                        join(findField("parallel.mode")->choices, ", ") +
                        "; got 'rng'; did you mean 'ring'?",
                    "t.yaml:3:26: train.seq_len: '1024' is listed twice; remove one, or use "
                    "repeat: 2",
                    "t.yaml:4:3: train.batch: expected at least one value; got []"));
}

TEST(ExperimentFile, WantsWholePathsInMatrixAndBaseline) {
    EXPECT_THAT(
        problemsIn("matrix:\n  parallel: {mode: [ring]}\n  mode: [ring]\n  steps: [1]\n  "
                   "train.seqlen: [64]\nbaseline: {mode: ring}\n"),
        ElementsAre("t.yaml:2:3: matrix: expected the whole path of a field, like parallel.mode; "
                    "got 'parallel'",
                    "t.yaml:3:3: matrix: unknown field 'mode'; write parallel.mode",
                    "t.yaml:4:3: matrix: unknown field 'steps'; write train.steps or profile.steps",
                    "t.yaml:5:3: matrix: unknown field 'train.seqlen'; did you mean "
                    "'train.seq_len'?",
                    "t.yaml:6:12: baseline: unknown field 'mode'; write parallel.mode"));
    EXPECT_THAT(problemsIn("matrix: [ring]\n"),
                ElementsAre("t.yaml:1:9: matrix: expected fields like {parallel.mode: […]}; got a "
                            "list"));
}

TEST(ExperimentFile, TakesAListOfListsWhereOneValueIsAList) {
    const Experiment experiment =
        experimentOf("matrix: {launch.hosts: [[a, b], [c]], profile.steps: [[0, 3], null]}\n");
    EXPECT_EQ(experiment.matrix[0].values, (Lines{"[a, b]", "[c]"}));
    EXPECT_EQ(experiment.matrix[1].values, (Lines{"[0, 3]", "null"}));
    EXPECT_THAT(problemsIn("matrix: {profile.steps: [3, 6]}\n"),
                ElementsAre("t.yaml:1:25: profile.steps: expected a list of lists like "
                            "[[0, 3], [3, 6]]; got a list of single values"));
    EXPECT_THAT(problemsIn("matrix: {profile.ranks: [0, 1]}\n"),
                ElementsAre("t.yaml:1:25: profile.ranks: expected a list of lists like "
                            "[[0, 3], [1]]; got a list of single values"));
}

TEST(ExperimentFile, TakesTheRanksToRecordAndSaysWhereOneIsNone) {
    EXPECT_EQ(experimentOf("profile: {ranks: null}\n").base.profile.ranks, std::nullopt);
    EXPECT_EQ(experimentOf("parallel: {sp: 4}\nprofile: {ranks: [3, 0]}\n").base.profile.ranks,
              (std::vector<std::int64_t>{0, 3}));
    EXPECT_THAT(problemsIn("parallel: {sp: 2}\nprofile: {ranks: [0, 4]}\n"),
                ElementsAre("t.yaml:2:18: profile.ranks names rank 4, but parallel.sp (2) x "
                            "parallel.dp (1) are 2 ranks; the last is 1"));
}

TEST(ExperimentFile, NamesABaselineThatNoRunHas) {
    EXPECT_THAT(
        problemsIn("matrix: {parallel.mode: [ring, zigzag]}\nbaseline: {parallel.mode: legacy}\n"),
        ElementsAre("t.yaml:2:1: no run has parallel.mode = legacy; name values that the matrix "
                    "has"));
}

TEST(ExperimentFile, RefusesTooManyRuns) {
    EXPECT_THAT(problemsIn("repeat: 6000\nmatrix: {parallel.mode: [ring, zigzag]}\n"),
                ElementsAre("t.yaml:2:1: matrix and repeat make more than 10,000 runs; remove "
                            "values, or use several files"));
}

TEST(ExperimentFile, CountsTheValuesOfAnAxisBeforeItComparesThem) {
    std::string text = "matrix: {train.seed: [0";
    for (int seed = 1; seed < 120'000; ++seed) text += ", " + std::to_string(seed);
    EXPECT_THAT(problemsIn(text + "]}\n"),
                ElementsAre("t.yaml:1:10: train.seed: expected at most 10,000 values, as an "
                            "experiment has runs; got 120,000"));
}

TEST(ExperimentFile, ReportsConflictsAtTheValueThatCausesThem) {
    EXPECT_THAT(problemsIn("model:\n  hidden_size: 256\nmatrix:\n  model.heads: [8, 12, 16]\n"),
                ElementsAre("t.yaml:4:20: model.heads (12) does not divide model.hidden_size "
                            "(256); use a number of heads that does, or set model.head_size"));
    EXPECT_THAT(problemsIn("model: {kv_heads: 3}\n"),
                ElementsAre("t.yaml:1:19: model.kv_heads (3) does not divide model.heads (8); use "
                            "a number of key/value heads that does"));
}

TEST(ExperimentFile, ReportsAConflictOfManyRunsOnce) {
    EXPECT_EQ(problemsIn("model: {kv_heads: 3}\nmatrix: {train.seed: [1, 2, 3]}\n").size(), 1U);
}

TEST(ExperimentFile, FindsNoConflictsOfValuesItRefused) {
    EXPECT_THAT(problemsIn("model: {hidden_size: large, heads: 6, kv_heads: 2}\n"),
                ElementsAre("t.yaml:1:22: model.hidden_size: expected an integer, 1 to 131,072; "
                            "got 'large'"));
    EXPECT_EQ(problemsIn("model: {hiden_size: 96, heads: 6, kv_heads: 2}\n").size(), 1U);
    EXPECT_EQ(problemsIn("model: {heads: 7}\ntrain: [\n").size(), 1U);
}

TEST(ExperimentFile, ReportsAllProblemsInOrder) {
    const Lines problems = problemsIn(
        "modle: 1\nmodel: {layers: x}\nmodel: {layers: 2}\ntrain:\n  <<: 1\n  steps: -1\n",
        {"train.stepz=1"}, {{"RINGSCOPE_TRAIN__SEED", "x"}});
    ASSERT_EQ(problems.size(), 7U);
    const Lines places = {"t.yaml:1:1",         "t.yaml:2:17", "t.yaml:3:1",
                          "t.yaml:5:3",         "t.yaml:6:10", "RINGSCOPE_TRAIN__SEED",
                          "--set 'train.stepz'"};
    for (std::size_t i = 0; i < places.size(); ++i)
        EXPECT_EQ(problems[i].find(places[i] + ": "), 0U) << problems[i];
}

}  // namespace
}  // namespace ringscope
