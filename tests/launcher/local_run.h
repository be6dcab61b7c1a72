// A real run of fake ranks under a real agent, and a look at who is left afterwards.
#pragma once

#include "backend/run/run_service.h"
#include "launcher/local_transport.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope::test {

inline const std::string agentProgram = RINGSCOPE_BIN "/bare_agent";
inline const std::string fakeRank = RINGSCOPE_BIN "/fake_rank";
inline const std::string controllerProgram = RINGSCOPE_BIN "/bare_controller";

// FAKE_RANK for as long as it lives; see tests/support/fake_rank.cpp.
class Misbehaving {
public:
    explicit Misbehaving(const std::string& how);
    ~Misbehaving();
    Misbehaving(const Misbehaving&) = delete;
    Misbehaving& operator=(const Misbehaving&) = delete;
};

LocalTransport bareTransport();
RunRequest fakeRun(int ranks, std::int64_t steps);

// Calls back at each step and keeps the log lines.
class Watcher final : public RunSink {
public:
    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord&) override { return {}; }
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> ended(const RunRecord&) override { return {}; }
    Result<void> logLine(const RunRecord&, int rank, std::string_view line) override;

    std::function<void(const RunRecord&, std::int64_t step)> onStep = [](auto&&...) {};
    std::string runId;
    std::vector<std::string> log;  // "1: line"
};

class LocalRun : public ::testing::Test {
protected:
    RunRecord execute(const std::string& misbehaviour, int ranks = 2, std::int64_t steps = 5);
    // Those who carry the run's id, other than the tests themselves.
    std::vector<pid_t> left() const { return processesWith("RINGSCOPE_RUN_ID=" + watcher.runId); }

    Watcher watcher;
    RunLimits limits;
    std::stop_source stop;
    std::string rankProgram = fakeRank;
    std::chrono::steady_clock::duration took{};
};

}  // namespace ringscope::test
