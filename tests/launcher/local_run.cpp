#include "tests/launcher/local_run.h"

#include <cstdlib>

namespace ringscope::test {

Misbehaving::Misbehaving(const std::string& how) { ::setenv("FAKE_RANK", how.c_str(), 1); }
Misbehaving::~Misbehaving() { ::unsetenv("FAKE_RANK"); }

LocalTransport bareTransport() {
    return LocalTransport({.agentProgram = agentProgram, .agentArguments = {}});
}

RunRequest fakeRun(int ranks, std::int64_t steps) {
    RunConfig config;
    config.train.steps = steps;
    config.train.seqLen = 64;
    config.parallel.sp = ranks;
    config.parallel.mode = "ring";
    return {.plan = planRun(config).value(),
            .experiment = "fake",
            .experimentId = "fake",
            .name = "fake",
            .rankProgram = fakeRank};
}

Result<void> Watcher::created(const RunRecord& run) {
    runId = run.id.text;
    return {};
}

Result<void> Watcher::step(const RunRecord& run, const StepRecord& step) {
    onStep(run, step.step);
    return {};
}

Result<void> Watcher::logLine(const RunRecord&, int rank, std::string_view line) {
    log.push_back(std::to_string(rank) + ": " + std::string(line));
    return {};
}

RunRecord LocalRun::execute(const std::string& misbehaviour, int ranks, std::int64_t steps) {
    const Misbehaving misbehaving(misbehaviour);
    LocalTransport transport = bareTransport();
    RunService service(transport, {&watcher}, limits);
    RunRequest request = fakeRun(ranks, steps);
    request.rankProgram = rankProgram;
    const auto begin = std::chrono::steady_clock::now();
    RunRecord run = service.execute(request, stop.get_token()).value();
    took = std::chrono::steady_clock::now() - begin;
    EXPECT_TRUE(left().empty()) << "of a run that ended " << statusName(run.status);
    return run;
}

}  // namespace ringscope::test
