// A program that runs two fake ranks and does nothing else: the one that tests kill.
//
//     bare_controller AGENT RANK     prints "running", then what became of the run; exits with 0
#include "backend/run/experiment_runner.h"
#include "launcher/local_transport.h"

#include <iostream>

namespace ringscope {
namespace {

class Announcer final : public RunSink {
public:
    Result<void> created(const RunRecord&) override { return {}; }
    Result<void> changed(const RunRecord& run) override {
        std::cout << statusName(run.status) << std::endl;
        return {};
    }
    Result<void> step(const RunRecord&, const StepRecord&) override { return {}; }
    Result<void> ended(const RunRecord& run) override { return changed(run); }
    Result<void> logLine(const RunRecord&, int, std::string_view) override { return {}; }
};

int run(const std::string& agent, const std::string& rank) {
    RunConfig config;
    config.parallel.mode = "ring";
    Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) return 1;
    LocalTransport transport({.agentProgram = agent, .agentArguments = {}});
    Announcer announcer;
    RunService service(transport, {&announcer});
    const RunRequest request{.plan = std::move(*plan),
                             .experiment = "bare",
                             .experimentId = "bare",
                             .name = "bare",
                             .rankProgram = rank};
    return service.execute(request, {}).ok() ? 0 : 1;
}

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) { return argc == 3 ? ringscope::run(argv[1], argv[2]) : 2; }
