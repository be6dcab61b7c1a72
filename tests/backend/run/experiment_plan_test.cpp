// Which runs of an experiment can work, why others cannot, and what a machine lacks for them.
#include "backend/run/experiment_plan.h"

#include "tests/backend/run/fakes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <fstream>
#include <map>

namespace ringscope::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Experiment experimentOf(std::vector<std::string> modes) {
    Experiment experiment;
    experiment.name = "e";
    experiment.base.train.seqLen = 64;
    experiment.matrix = {{.path = "parallel.mode", .values = std::move(modes)}};
    return experiment;
}

std::vector<std::string> modesOf(const ExperimentPlan& plan) {
    std::vector<std::string> modes;
    for (const RunRequest& request : plan.requests)
        modes.push_back(request.plan.config.parallel.mode);
    return modes;
}

TEST(PlanRuns, OneThatCannotWorkStopsNoOther) {
    Experiment experiment = experimentOf({"ring", "ulysses", "legacy"});
    experiment.base.model.heads = 6;
    experiment.base.model.kvHeads = 6;
    experiment.base.model.hiddenSize = 48;
    experiment.base.parallel.sp = 4;
    const ExperimentPlan plan = planRuns(experiment);
    EXPECT_THAT(modesOf(plan), ElementsAre("ring", "legacy"));
    ASSERT_EQ(plan.refused.size(), 1U);
    EXPECT_EQ(plan.refused[0].name, "e/ulysses");
    EXPECT_EQ(plan.refused[0].label, "ulysses");
    EXPECT_EQ(plan.requests[0].experimentId, plan.requests[1].experimentId);
    EXPECT_THAT(refusalSentences(plan),
                ElementsAre("1 of 3 runs cannot work (ulysses): ulysses needs heads divisible by "
                            "ranks: 6 heads, 4 ranks; legal: 1, 2, 3, 6"));
    EXPECT_EQ(refusalOf(plan).code, ErrorCode::InvalidConfig);
}

TEST(PlanRuns, AReasonThatHoldsForSeveralRunsIsSaidOnce) {
    Experiment experiment = experimentOf({"none", "ring", "zigzag", "striped", "legacy"});
    experiment.base.debug.slowRank = 7;
    experiment.base.parallel.sp = 4;
    EXPECT_THAT(refusalSentences(planRuns(experiment)),
                ElementsAre("4 of 5 runs cannot work (ring, zigzag, striped, legacy): "
                            "debug.slow_rank 7 is none of this run's 4 ranks; the last is 3"));
}

ExperimentPlan refusedFor(std::vector<RefusedRun> runs) { return {.refused = std::move(runs)}; }

TEST(RefusalSentences, ReplaceTheModesThatAReasonBeginsWith) {
    const auto refused = [](const std::string& mode, const std::string& reason) {
        return RefusedRun{"e/" + mode, mode, mode, {ErrorCode::InvalidConfig, reason}};
    };
    EXPECT_THAT(refusalSentences(refusedFor({refused("ring", "ring splits 63 tokens"),
                                             refused("usp", "usp needs 4 heads"),
                                             refused("striped", "striped splits 63 tokens")})),
                ElementsAre("2 of 3 runs cannot work (ring, striped): each splits 63 tokens",
                            "1 of 3 runs cannot work (usp): usp needs 4 heads"));
    EXPECT_THAT(refusalSentences(refusedFor({refused("ring", "ring splits 63 tokens")})),
                ElementsAre("ring splits 63 tokens"));
}

TEST(RefusalSentences, NameTheFirstOfManyRuns) {
    std::vector<RefusedRun> runs;
    for (int i = 0; i < 12; ++i)
        runs.push_back({"e/x", "x" + std::to_string(i), "ring", {ErrorCode::InvalidConfig, "no"}});
    EXPECT_THAT(refusalSentences(refusedFor(std::move(runs))),
                ElementsAre("12 of 12 runs cannot work (x0, x1, x2, x3, x4, x5, x6, x7 and 4 "
                            "more): no"));
}

TEST(PlanRuns, TooFewSlotsAreNotTheConfigurationsFault) {
    Experiment experiment = experimentOf({"ring", "zigzag"});
    experiment.base.launch.transport = TransportKind::Ssh;
    experiment.base.launch.hosts = {"a:1"};
    const Error error = refusalOf(planRuns(experiment));
    EXPECT_EQ(error.code, ErrorCode::Unavailable);
    EXPECT_EQ(error.message,
              "2 of 2 runs cannot work (ring, zigzag): 2 ranks need 2 slots; a:1 have 1");
    experiment.base.launch.hosts = {};
    experiment.base.launch.hostfile = "/no/such/hosts.txt";
    EXPECT_THAT(refusalOf(planRuns(experiment)).message,
                HasSubstr("no such hostfile: '/no/such/hosts.txt'"));
    EXPECT_EQ(refusalOf(planRuns(experiment)).code, ErrorCode::Unavailable);
}

// Hosts with a number of GPUs; says which were made ready.
class GpuTransport final : public Transport {
public:
    explicit GpuTransport(std::optional<int> gpus) : gpus_(gpus) {}
    std::string_view name() const override { return "gpu"; }
    Result<void> preflight(const HostSpec& host) override {
        ready.push_back(host.name);
        return {};
    }
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec&) override {
        return Error{ErrorCode::Failed, "is never opened here"};
    }
    std::optional<int> gpusOf(const HostSpec&) override { return gpus_; }
    Result<std::string> whyUnreadable(const HostSpec& host, const std::string& path) override {
        asked.push_back(host.name + ":" + path);
        return unreadable[host.name];
    }
    std::string commandFor(const HostSpec& host) override { return "start on " + host.name; }

    std::vector<std::string> ready;
    std::vector<std::string> asked;                 // for a file
    std::map<std::string, std::string> unreadable;  // why, by host

private:
    std::optional<int> gpus_;
};

std::string problemHere(std::optional<int> gpus, const Experiment& experiment) {
    GpuTransport transport(gpus);
    const Result<void> checked = checkThisMachine(transport, planRuns(experiment).requests);
    EXPECT_THAT(transport.ready, IsEmpty());
    if (checked.ok()) return "";
    EXPECT_EQ(checked.error().code, ErrorCode::Unavailable);
    return checked.error().message;
}

TEST(CheckThisMachine, WantsAGpuForEachRank) {
    Experiment experiment = experimentOf({"none", "ring"});
    EXPECT_EQ(problemHere(0, experiment), "");
    experiment.base.launch.device = DeviceChoice::Cuda;
    EXPECT_EQ(problemHere(0, experiment),
              "launch.device cuda takes a GPU for each rank, and this machine has no GPU that "
              "ranks can use; use launch.device cpu, or other hosts");
    EXPECT_EQ(problemHere(1, experiment),
              "launch.device cuda takes a GPU for each rank, and this machine has 1 GPU for 2 "
              "ranks; use fewer ranks there, or launch.device cpu");
    EXPECT_EQ(problemHere(2, experiment), "");
    EXPECT_EQ(problemHere(std::nullopt, experiment), "");  // not known is no refusal
}

TEST(CheckThisMachine, ReadsTheFirstOfTheData) {
    const TemporaryFolder folder;
    Experiment experiment = experimentOf({"ring"});
    experiment.base.data.source = (folder.path() / "nope.txt").string();
    EXPECT_THAT(problemHere(0, experiment), StartsWith("data.source: cannot read '"));
    EXPECT_THAT(problemHere(0, experiment), HasSubstr("(No such file or directory); write the path "
                                                      "of a text file, or builtin:prose"));
    std::ofstream(folder.path() / "nope.txt") << "some text";
    EXPECT_EQ(problemHere(0, experiment), "");
    experiment.base.data.source = folder.path().string();
    EXPECT_THAT(problemHere(0, experiment), HasSubstr("(it is a folder)"));
}

TEST(CheckThisMachine, ReadsTheHeadersOfACheckpoint) {
    const TemporaryFolder folder;
    const std::filesystem::path model = folder.path() / "llama";
    std::filesystem::copy(RINGSCOPE_MODEL_FIXTURES "/llama", model);
    Experiment experiment = experimentOf({"none", "ring"});
    experiment.base.model.from = model.string();
    EXPECT_EQ(problemHere(0, experiment), "");
    const std::filesystem::path weights = model / "model.safetensors";
    std::filesystem::permissions(weights, std::filesystem::perms::owner_all);
    std::filesystem::resize_file(weights, std::filesystem::file_size(weights) - 100);
    EXPECT_THAT(problemHere(0, experiment), StartsWith("model.from: '"));
    EXPECT_THAT(problemHere(0, experiment), HasSubstr("it was cut off, copy it again"));
}

TEST(PrepareHosts, LooksAtGpusOfAHostOnceItIsReady) {
    Experiment experiment = experimentOf({"ring", "zigzag"});
    experiment.base.launch.transport = TransportKind::Ssh;
    experiment.base.launch.hosts = {"a:1", "b:1"};
    experiment.base.launch.device = DeviceChoice::Cuda;
    const std::vector<RunRequest> requests = planRuns(experiment).requests;
    GpuTransport enough(1);
    EXPECT_TRUE(prepareHosts(enough, requests).ok());
    EXPECT_THAT(enough.ready, ElementsAre("a", "b"));
    GpuTransport none(0);
    const Result<void> refused = prepareHosts(none, requests);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("and a has no GPU"));
}

Experiment onTwoHosts(std::vector<std::string> modes) {
    Experiment experiment = experimentOf(std::move(modes));
    experiment.base.launch.transport = TransportKind::Ssh;
    experiment.base.launch.hosts = {"a:1", "b:1"};
    return experiment;
}

TEST(PrepareHosts, LooksForTheDataOnEachHostOnceAndSaysWhereItIsMissing) {
    Experiment experiment = onTwoHosts({"ring", "zigzag"});
    experiment.base.data.source = "/data/nope.txt";
    const std::vector<RunRequest> requests = planRuns(experiment).requests;
    GpuTransport transport(0);
    EXPECT_TRUE(prepareHosts(transport, requests).ok());
    EXPECT_THAT(transport.asked, ElementsAre("a:/data/nope.txt", "b:/data/nope.txt"));

    transport.unreadable = {{"a", "No such file or directory"}, {"b", "it is a folder"}};
    const Result<void> refused = prepareHosts(transport, requests);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(
        refused.error().message,
        "data.source: cannot read '/data/nope.txt' on a (No such file or directory), b (it is "
        "a folder); every host needs the file at this path, or write builtin:prose");
}

TEST(PrepareHosts, LooksForTheCheckpointOnEachHost) {
    Experiment experiment = onTwoHosts({"ring"});
    experiment.base.model.from = "models/tiny";
    const std::vector<RunRequest> requests = planRuns(experiment).requests;
    GpuTransport transport(0);
    EXPECT_TRUE(prepareHosts(transport, requests).ok());
    EXPECT_THAT(transport.asked,
                ElementsAre("a:models/tiny/config.json", "b:models/tiny/config.json"));
    transport.unreadable = {{"b", "No such file or directory"}};
    EXPECT_EQ(prepareHosts(transport, requests).error().message,
              "model.from: cannot read 'models/tiny/config.json' on b (No such file or directory); "
              "every host needs the file at this path, which begins in the home folder there");
}

TEST(PrepareHosts, SaysWhereARelativePathBegins) {
    Experiment experiment = onTwoHosts({"ring"});
    experiment.base.data.source = "nope.txt";
    GpuTransport transport(0);
    transport.unreadable = {{"b", "Permission denied"}};
    const Result<void> refused = prepareHosts(transport, planRuns(experiment).requests);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message,
              "data.source: cannot read 'nope.txt' on b (Permission denied); every host needs the "
              "file at this path, which begins in the home folder there, or write builtin:prose");
}

TEST(PrepareHosts, AsksNobodyForTheTextThatShipsWithTheProgram) {
    GpuTransport transport(0);
    EXPECT_TRUE(prepareHosts(transport, planRuns(onTwoHosts({"ring"})).requests).ok());
    EXPECT_THAT(transport.asked, IsEmpty());
}

TEST(PlannedHosts, AreEachNamedOnceWithTheMostRanksOfARun) {
    Experiment experiment = experimentOf({"ring"});
    experiment.base.launch.transport = TransportKind::Ssh;
    experiment.base.launch.hosts = {"a:4", "b:4"};
    experiment.base.parallel.sp = 6;
    experiment.base.train.seqLen = 60;
    GpuTransport transport(0);
    const auto hosts = plannedHosts(transport, planRuns(experiment));
    ASSERT_EQ(hosts.size(), 2U);
    EXPECT_EQ(hosts[0].mostRanks, 4);
    EXPECT_EQ(hosts[1].mostRanks, 2);
    EXPECT_EQ(hosts[1].command, "start on b");
}

}  // namespace
}  // namespace ringscope::test
