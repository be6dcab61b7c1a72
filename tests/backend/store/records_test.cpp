// What goes into the store comes out of it.
#include "tests/backend/store/store_fixture.h"

#include <bit>
#include <limits>
#include <random>

namespace ringscope::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

// NaN is the same as NaN here: what is asked is whether a value survived.
void expectSameNumber(double expected, double actual) {
    if (std::isnan(expected))
        EXPECT_TRUE(std::isnan(actual)) << actual;
    else
        EXPECT_EQ(std::bit_cast<std::uint64_t>(expected), std::bit_cast<std::uint64_t>(actual))
            << expected << " came back as " << actual;
}

void expectSameSteps(const std::vector<StepRecord>& expected,
                     const std::vector<StepRecord>& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(expected[i].step, actual[i].step);
        expectSameNumber(expected[i].loss, actual[i].loss);
        expectSameNumber(expected[i].gradNorm, actual[i].gradNorm);
        EXPECT_EQ(expected[i].duration, actual[i].duration);
        EXPECT_EQ(expected[i].tokens, actual[i].tokens);
    }
}

void expectSameRanks(const std::vector<RankRecord>& expected,
                     const std::vector<RankRecord>& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(expected[i].rank, actual[i].rank);
        EXPECT_EQ(expected[i].host, actual[i].host);
        EXPECT_EQ(expected[i].pid, actual[i].pid);
        EXPECT_EQ(expected[i].peakMemory, actual[i].peakMemory);
        EXPECT_EQ(expected[i].attentionBytesPerStep, actual[i].attentionBytesPerStep);
        EXPECT_EQ(expected[i].gradientBytesPerStep, actual[i].gradientBytesPerStep);
        EXPECT_EQ(expected[i].expertBytesPerStep, actual[i].expertBytesPerStep);
        EXPECT_EQ(expected[i].exitCode, actual[i].exitCode);
        EXPECT_EQ(expected[i].endedBy, actual[i].endedBy);
    }
}

// Everything but steps, ranks and summary.
void expectSameFacts(const RunRecord& expected, const RunRecord& actual) {
    EXPECT_EQ(expected.id, actual.id);
    EXPECT_EQ(expected.experiment, actual.experiment);
    EXPECT_EQ(expected.experimentId, actual.experimentId);
    EXPECT_EQ(expected.name, actual.name);
    EXPECT_EQ(expected.config, actual.config);
    EXPECT_EQ(expected.computation, actual.computation);
    EXPECT_EQ(expected.baseline, actual.baseline);
    EXPECT_EQ(expected.reference, actual.reference);
    EXPECT_EQ(expected.repeat, actual.repeat);
    EXPECT_EQ(expected.status, actual.status);
    EXPECT_EQ(expected.statusReason, actual.statusReason);
    EXPECT_EQ(expected.ranks, actual.ranks);
    EXPECT_EQ(expected.device, actual.device);
    EXPECT_EQ(expected.versions, actual.versions);
    EXPECT_EQ(expected.createdUs, actual.createdUs);
    EXPECT_EQ(expected.startedUs, actual.startedUs);
    EXPECT_EQ(expected.endedUs, actual.endedUs);
    EXPECT_EQ(expected.predictedAttentionBytesPerStep, actual.predictedAttentionBytesPerStep);
    EXPECT_EQ(expected.predictedGradientBytesPerStep, actual.predictedGradientBytesPerStep);
    expectSameNumber(expected.flopsPerStep, actual.flopsPerStep);
    EXPECT_EQ(expected.parameters, actual.parameters);
    EXPECT_EQ(expected.trainedParameters, actual.trainedParameters);
    EXPECT_EQ(expected.continues, actual.continues);
    EXPECT_EQ(expected.lostSteps, actual.lostSteps);
    EXPECT_EQ(expected.notes, actual.notes);
    EXPECT_EQ(expected.environment, actual.environment);
    EXPECT_EQ(expected.note, actual.note);
    EXPECT_EQ(expected.tags, actual.tags);
    EXPECT_EQ(expected.pinned, actual.pinned);
    EXPECT_EQ(expected.archivedUs, actual.archivedUs);
    EXPECT_EQ(expected.overlap, actual.overlap);
    EXPECT_EQ(expected.prediction, actual.prediction);
    EXPECT_EQ(expected.unpredicted, actual.unpredicted);
    ASSERT_EQ(expected.parity.has_value(), actual.parity.has_value());
    if (!expected.parity) return;
    EXPECT_EQ(expected.parity->reference, actual.parity->reference);
    EXPECT_EQ(expected.parity->steps, actual.parity->steps);
    expectSameNumber(expected.parity->maxLossDiff, actual.parity->maxLossDiff);
    expectSameNumber(expected.parity->maxGradNormRelDiff, actual.parity->maxGradNormRelDiff);
}

RunEnvironment someEnvironment() {
    return {.hosts = {{.host = "node1",
                       .machine = "rack7-n1",
                       .processor = "AMD EPYC 7763 64-Core Processor",
                       .cores = 64,
                       .memory = {1LL << 39},
                       .system = "Linux 6.1.0, Debian GNU/Linux 12",
                       .gpus = {"NVIDIA H200", "NVIDIA H200"},
                       .driver = "570.86.15",
                       .interface = "eth0"},
                      {.host = "node2"}},
            .network = "node1 eth0, node2 not known",
            .origin = {.command = "ringscope run 'a b.yaml'",
                       .folder = "/home/anna",
                       .commit = std::string(40, 'a'),
                       .dirty = false}};
}

class StoredRun : public StoreTest {};

TEST_F(StoredRun, ComesBackWithEverythingAfterTheFileWasClosed) {
    RunRecord run = newRun("ulysses");
    run.baseline = true;
    run.repeat = 3;
    run.config.model.rope.theta = 123456.789;
    run.config.attention.window = 512;
    run.config.launch.hosts = {"alpha", "beta"};
    run.parity = Parity{RunId{"reference"}, 2e-7, 3e-6, 4};
    run.overlap = OverlapFigures{3, 1.25, 0.5, 0.25, 4, 12.5, 1, 1.5, 3.25};
    run.prediction =
        RunPrediction{12.5, 3.25, 0.5, "AMD EPYC 7763 64-Core Processor", "2026-11-30"};
    run.computation = computationIdentity(run.config);
    run.environment = someEnvironment();
    run.note = "the fast one — \"really\"";
    run.tags = {"paper", "zwei wörter"};
    run.pinned = true;
    run.archivedUs = 12;
    run.trainedParameters = 24'576;
    run.continues = Continuation{RunId{"another"}, 2};
    run.lostSteps = 5;
    run.routing = {{.step = 0, .layer = 1, .use = {3, 0, 1LL << 40}},
                   {.step = 0, .layer = 2, .use = {1, 2, 1}},
                   {.step = 3, .layer = 1, .use = {2, 2, 0}}};
    run = add(*open(), run);

    const Result<RunRecord> loaded = open(Access::ReadOnly)->load(run.id);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    expectSameFacts(run, *loaded);
    expectSameSteps(run.steps, loaded->steps);
    expectSameRanks(run.rankRecords, loaded->rankRecords);
    EXPECT_EQ(run.routing, loaded->routing);
    EXPECT_FALSE(loaded->summary.has_value());
}

// The agents tell of their machines after the run was created.
TEST_F(StoredRun, KeepsHostsThatBecameKnownWhileItRan) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    run.environment.hosts = someEnvironment().hosts;
    run.environment.network = "eth0";
    ASSERT_TRUE(store->changed(run).ok());
    EXPECT_EQ(store->load(run.id)->environment, run.environment);
    EXPECT_EQ(store->list({})->front().environment, run.environment);
}

TEST_F(StoredRun, KeepsWhatAUserWroteWhileItGoesOn) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    sql(file(), "UPDATE run SET note = 'look at this', pinned = 1, name = 'mine'");
    ASSERT_TRUE(store->changed(run).ok());
    ASSERT_TRUE(store->ended(finished(run)).ok());
    const RunRecord kept = store->load(run.id).value();
    EXPECT_EQ(kept.note, "look at this");
    EXPECT_TRUE(kept.pinned);
    EXPECT_EQ(kept.name, "mine");
}

TEST_F(StoredRun, KeepsThatAWaitIsNotKnownApartFromThatThereWasNone) {
    RunRecord run = newRun();
    run.overlap = OverlapFigures{.steps = 3, .exposedMs = 1.25, .algbw = 0.5};
    run = add(*open(), run);
    EXPECT_EQ(open(Access::ReadOnly)->load(run.id)->overlap, run.overlap);
    EXPECT_EQ(open(Access::ReadOnly)->list({})->front().overlap, run.overlap);
}

// Before its first step, so that a program that dies leaves what it said.
TEST_F(StoredRun, KeepsWhatWasPredictedFromItsBeginningOnAndInLists) {
    const auto store = open();
    RunRecord predicted = newRun();
    predicted.prediction = RunPrediction{12.5, 0, 0, "a processor", "2026-11-30"};
    RunRecord refused = newRun();
    refused.unpredicted = "attention.pattern: times are predicted of dense attention alone";
    ASSERT_TRUE(store->created(predicted).ok());
    ASSERT_TRUE(store->created(refused).ok());
    const std::vector<RunRecord> listed = store->list({}).value();
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[1].prediction, predicted.prediction);
    EXPECT_EQ(listed[1].unpredicted, "");
    EXPECT_EQ(listed[0].prediction, std::nullopt);
    EXPECT_EQ(listed[0].unpredicted, refused.unpredicted);
}

TEST_F(StoredRun, KeepsRoutingWhileItGoesOn) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    run.routing = {{.step = 2, .layer = 0, .use = {5, 1}}};
    ASSERT_TRUE(store->routing(run, run.routing.front()).ok());
    EXPECT_EQ(store->load(run.id)->routing, run.routing);
    EXPECT_TRUE(store->list({})->front().routing.empty());
}

TEST_F(StoredRun, KeepsValidationsWhileItGoesOnAndAtItsEnd) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    run.validations = {{.step = 2, .loss = 1.25, .tokens = 640}};
    ASSERT_TRUE(store->validation(run, run.validations.front()).ok());
    EXPECT_EQ(store->load(run.id)->validations, run.validations);
    run.validations.push_back(
        {.step = 5, .loss = std::numeric_limits<double>::infinity(), .tokens = 640});
    ASSERT_TRUE(store->ended(finished(run)).ok());
    EXPECT_EQ(store->load(run.id)->validations, run.validations);
    EXPECT_TRUE(store->list({})->front().validations.empty());
}

TEST_F(StoredRun, KeepsWhatAValidationOfRecallFoundAndRemovesItWithTheRun) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    RunRecord other = newRun();
    other.id = RunId::random();
    ASSERT_TRUE(store->created(other).ok());
    run.validations = {
        {.step = 2, .loss = 1.25, .tokens = 64, .recall = {{16, 40, 39}, {32, 24, 2}}},
        {.step = 5, .loss = 1.0, .tokens = 64}};
    other.validations = {{.step = 2, .loss = 2, .tokens = 8, .recall = {{16, 8, 1}}}};
    for (const RunRecord& each : {run, other})
        for (const ValidationRecord& validation : each.validations)
            ASSERT_TRUE(store->validation(each, validation).ok());
    EXPECT_EQ(store->load(run.id)->validations, run.validations);
    EXPECT_EQ(store->load(other.id)->validations, other.validations);

    ASSERT_TRUE(store->ended(finished(run)).ok());
    ASSERT_TRUE(store->remove({run.id}).ok());
    run.validations.front().recall.clear();
    RunRecord again = run;  // of the same id
    ASSERT_TRUE(store->created(again).ok());
    ASSERT_TRUE(store->validation(again, run.validations.front()).ok());
    EXPECT_TRUE(store->load(again.id)->validations.front().recall.empty());
    EXPECT_EQ(store->load(other.id)->validations, other.validations);
}

TEST_F(StoredRun, KeepsLossesThatAreNoNumbers) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    std::int64_t number = 0;
    for (const double loss : {nan, infinity, -infinity, 0.25, 5e-324, 1.7976931348623157e308}) {
        run.steps.push_back(stepNumber(number++));
        run.steps.back().loss = loss;
        run.steps.back().gradNorm = -loss;
        ASSERT_TRUE(store->step(run, run.steps.back()).ok());
    }
    run.parity = Parity{RunId{"reference"}, infinity, nan, 6};
    ASSERT_TRUE(store->saveParity(run).ok());

    const RunRecord loaded = store->load(run.id).value();
    expectSameSteps(run.steps, loaded.steps);
    EXPECT_EQ(loaded.parity->maxLossDiff, infinity);
    EXPECT_TRUE(std::isnan(loaded.parity->maxGradNormRelDiff));
}

TEST_F(StoredRun, GivesBackEveryFiniteNumberBitForBit) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    std::mt19937_64 random(7);
    for (std::int64_t number = 0; number < 500; ++number) {
        run.steps.push_back(stepNumber(number));
        run.steps.back().loss = std::bit_cast<double>(random());
        run.steps.back().gradNorm = std::bit_cast<double>(random());
    }
    run.status = RunStatus::Finished;
    ASSERT_TRUE(store->ended(run).ok());
    expectSameSteps(run.steps, store->load(run.id).value().steps);
}

TEST_F(StoredRun, KeepsTextAsItIs) {
    RunRecord run = newRun();
    run.name = "'); DROP TABLE run; --";
    run.statusReason = "rank 1: \"quoted\"\n\ttabbed ünïcode \xF0\x9F\x92\xA5 %s ?1 \x01";
    run.experiment = "";
    const auto store = open();
    ASSERT_TRUE(store->created(run).ok());
    expectSameFacts(run, store->load(run.id).value());
}

TEST_F(StoredRun, IsReadableWhileItGoesOn) {
    const auto writer = open();
    const auto reader = open(Access::ReadOnly);
    RunRecord run = newRun();
    ASSERT_TRUE(writer->created(run).ok());
    EXPECT_EQ(reader->load(run.id).value().status, RunStatus::Queued);

    run.status = RunStatus::Running;
    run.startedUs = run.createdUs + 5;
    ASSERT_TRUE(writer->changed(run).ok());
    for (std::int64_t number = 0; number < 3; ++number)
        ASSERT_TRUE(writer->step(run, stepNumber(number)).ok());
    EXPECT_EQ(reader->load(run.id).value().status, RunStatus::Running);
    EXPECT_EQ(reader->load(run.id).value().steps.size(), 3U);

    const std::vector<RunRecord> listed = reader->list({}).value();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(stepsDone(listed[0]), 3);
    EXPECT_DOUBLE_EQ(runSpeed(listed[0]).value().stepMedianMs, 101.5) << "of the two warm steps";
}

TEST_F(StoredRun, KeepsItsHistory) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    for (const RunStatus status : {RunStatus::Starting, RunStatus::Running, RunStatus::Running}) {
        run.status = status;
        ASSERT_TRUE(store->changed(run).ok());
    }
    run.status = RunStatus::Failed;
    run.statusReason = "rank 1 was ended by SIGKILL";
    ASSERT_TRUE(store->ended(run).ok());
    EXPECT_EQ(
        sql(file(), "SELECT group_concat(status, ' ') FROM (SELECT * FROM event ORDER BY id)"),
        "queued starting running failed");
    EXPECT_EQ(sql(file(), "SELECT reason FROM event ORDER BY id DESC LIMIT 1"), run.statusReason);
}

TEST_F(StoredRun, IsNotCreatedTwice) {
    const auto store = open();
    const RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    EXPECT_FALSE(store->created(run).ok());
    EXPECT_EQ(store->list({})->size(), 1U);
}

TEST_F(StoredRun, ThatIsUnknownIsNotFound) {
    const auto store = open();
    const RunRecord run = newRun();
    for (const Result<void>& told : {store->changed(run), store->step(run, stepNumber(0)),
                                     store->ended(run), store->logLine(run, 0, "line")}) {
        ASSERT_FALSE(told.ok());
        EXPECT_EQ(told.error().code, ErrorCode::NotFound);
    }
    EXPECT_EQ(store->load(run.id).error().message,
              "run '" + run.id.text + "' is not in '" + file().string() + "'");
}

TEST_F(StoredRun, KeepsTheParityThatWasSavedBeforeALaterChange) {
    const auto store = open();
    RunRecord run = add(*store, newRun());
    RunRecord compared = run;
    compared.parity = Parity{RunId{"reference"}, 1e-7, 1e-6, 4};
    ASSERT_TRUE(store->saveParity(compared).ok());
    ASSERT_TRUE(store->ended(run).ok());
    EXPECT_TRUE(store->load(run.id).value().parity.has_value());
}

class StoredList : public StoreTest {};

TEST_F(StoredList, HasTheFiguresWithoutStepsAndRanks) {
    const auto store = open();
    const RunRecord run = add(*store, newRun());
    const RunRecord listed = store->list({}).value().at(0);
    expectSameFacts(run, listed);
    EXPECT_TRUE(listed.steps.empty());
    EXPECT_TRUE(listed.rankRecords.empty());
    EXPECT_EQ(stepsDone(listed), 4);
    EXPECT_EQ(runSpeed(listed)->tokensPerSecond, runSpeed(run)->tokensPerSecond);
    EXPECT_EQ(runSpeed(listed)->stepMedianMs, runSpeed(run)->stepMedianMs);
    EXPECT_EQ(runSpeed(listed)->stepP95Ms, runSpeed(run)->stepP95Ms);
    EXPECT_EQ(peakMemory(listed), peakMemory(run));
    EXPECT_EQ(measuredAttentionBytes(listed), measuredAttentionBytes(run));
    EXPECT_EQ(measuredGradientBytes(listed), measuredGradientBytes(run));
}

TEST_F(StoredList, HasTheLastLossAndTheHostsOfEachRun) {
    const auto store = open();
    RunRecord run = newRun();
    run.environment = someEnvironment();
    run.tags = {"a", "b"};
    run = add(*store, run);
    add(*store, newRun());
    const RunRecord listed = store->list({})->back();
    ASSERT_EQ(listed.id, run.id);
    EXPECT_EQ(finalLoss(listed), run.steps.back().loss);
    EXPECT_EQ(hostsOf(listed), std::vector<std::string>{"localhost"});
    EXPECT_EQ(listed.environment, run.environment);
    EXPECT_EQ(listed.tags, run.tags);
}

TEST_F(StoredList, HasNoSpeedWhereNoStepWasDone) {
    const auto store = open();
    RunRecord run = newRun();
    ASSERT_TRUE(store->created(run).ok());
    run.status = RunStatus::Failed;
    ASSERT_TRUE(store->ended(run).ok());
    EXPECT_FALSE(runSpeed(store->list({}).value().at(0)).has_value());
}

TEST_F(StoredList, IsNewestFirstAndFiltered) {
    const auto store = open();
    add(*store, newRun("ring", "old"));
    RunRecord reference = newRun("none", "new");
    reference.reference = true;
    add(*store, reference);
    add(*store, newRun("zigzag", "new"));
    ASSERT_TRUE(store->created(newRun("ring", "new")).ok());

    const auto names = [&](const RunFilter& filter) {
        std::string names;
        const std::vector<RunRecord> runs = store->list(filter).value();
        for (const RunRecord& run : runs) names += run.name + " ";
        return names;
    };
    EXPECT_EQ(names({}), "new/ring new/zigzag new/none old/ring ");
    EXPECT_EQ(names({.limit = 2}), "new/ring new/zigzag ");
    EXPECT_EQ(names({.mode = "ring"}), "new/ring old/ring ");
    EXPECT_EQ(names({.statuses = {"queued", "failed"}}), "new/ring ");
    EXPECT_EQ(names({.experiment = "new", .references = false}), "new/ring new/zigzag ");
    EXPECT_EQ(names({.experiment = "old-session-1"}), "old/ring ");
    EXPECT_EQ(names({.mode = "'; DROP TABLE run; --"}), "");
}

TEST_F(StoredList, RefusesAStateThatDoesNotExist) {
    const Result<std::vector<RunRecord>> list = open()->list({.statuses = {"finishd"}});
    ASSERT_FALSE(list.ok());
    EXPECT_EQ(list.error().code, ErrorCode::InvalidConfig);
    EXPECT_EQ(list.error().message, "there is no run state 'finishd'; did you mean 'finished'?");
}

TEST_F(StoredList, SurvivesAConfigurationItDoesNotUnderstand) {
    const auto store = open();
    const RunRecord run = add(*store, newRun("ring"));
    sql(file(), "UPDATE config SET yaml = 'model: {warp_drive: 9}'");
    const auto later = open(Access::ReadOnly);
    const RunRecord listed = later->list({}).value().at(0);
    EXPECT_EQ(listed.config.parallel.mode, "ring");
    EXPECT_EQ(listed.config.train.seqLen, run.config.train.seqLen);
    EXPECT_NE(listed.notes.back().find("warp_drive"), std::string::npos) << listed.notes.back();

    const Result<RunRecord> loaded = later->load(run.id);
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, ErrorCode::Corrupt);
    EXPECT_NE(loaded.error().message.find("run " + run.id.text), std::string::npos);
}

class NewestReference : public StoreTest {};

TEST_F(NewestReference, IsTheNewestFinishedUnshardedRunOfTheSameComputation) {
    const auto store = open();
    EXPECT_FALSE(store->newestReference("same").has_value());
    const auto addAs = [&](std::string_view mode, const std::string& computation) {
        RunRecord run = newRun(mode);
        run.computation = computation;
        return add(*store, run).id;
    };
    addAs("none", "same");
    const RunId newest = addAs("none", "same");
    addAs("none", "other");
    addAs("ring", "same");
    RunRecord failed = newRun("none");
    failed.computation = "same";
    ASSERT_TRUE(store->created(failed).ok());
    failed.status = RunStatus::Failed;
    ASSERT_TRUE(store->ended(failed).ok());

    const std::optional<RunRecord> found = store->newestReference("same");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->id, newest);
    EXPECT_EQ(found->steps.size(), 4U);
}

}  // namespace
}  // namespace ringscope::test
