// A transport whose agents follow a script instead of starting processes: every rank says hello,
// reports the steps it is allowed to (with data.validation, a validation after each), is done and
// exits. A test lets steps through one by one and
// so sees the window in the middle of a run.
#pragma once

#include "backend/run/transport.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace ringscope::test {

// Shared by the test's thread and the run's.
class StepGate {
public:
    static constexpr std::int64_t open = 1'000'000'000;

    // Steps that may be reported from now on, over all runs; `open` for all there will ever be.
    void allow(std::int64_t steps);
    // Whether one more may be reported now; takes it.
    bool take();
    // Waits until something may have changed.
    void wait(std::chrono::milliseconds timeout);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t allowed_ = 0;
};

class FakeTransport final : public Transport {
public:
    StepGate gate;
    std::string refusal;      // open() answers it where it is not empty
    std::string failingMode;  // rank 0 of this mode dies by SIGKILL at its first step

    std::string_view name() const override { return "fake"; }
    Result<void> preflight(const HostSpec& host) override;
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;
};

}  // namespace ringscope::test
