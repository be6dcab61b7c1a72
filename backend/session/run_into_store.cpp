#include "backend/session/run_into_store.h"

#include "backend/store/store.h"
#include "backend/trace/trace_files.h"

#include <memory>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

// `step` is the one that is going on, also after a failure.
class Session {
public:
    Session(const std::filesystem::path& path, const SessionPorts& ports, bool reference,
            const std::stop_token& stop)
        : path_(path), ports_(ports), reference_(reference), stop_(stop) {}

    Result<ExperimentOutcome> execute(const Experiment& experiment) {
        step = SessionStep::Plan;
        ExperimentPlan plan = planRuns(experiment);
        if (plan.requests.empty()) return refusalOf(plan);
        if (ports_.planned) ports_.planned(plan);
        for (RunRequest& request : plan.requests) request.traces = traceRoot(path_);
        step = SessionStep::Hosts;
        RINGSCOPE_CHECK(prepareHosts(ports_.transport, plan.requests));
        step = SessionStep::Store;
        RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore());
        step = SessionStep::Runs;
        RINGSCOPE_TRY(ExperimentOutcome outcome, runAll(plan.requests, *store));
        outcome.refused = std::move(plan.refused);
        RINGSCOPE_CHECK(saveParity(outcome.runs, *store));
        return outcome;
    }

    SessionStep step = SessionStep::Plan;

private:
    Result<std::unique_ptr<Store>> openStore() {
        RINGSCOPE_TRY(std::unique_ptr<Store> store, Store::open(path_, Store::Access::ReadWrite));
        const std::string caution = store->caution();
        if (!caution.empty() && ports_.caution) ports_.caution(caution);
        RINGSCOPE_CHECK(store->markLostRuns());
        return store;
    }

    Result<ExperimentOutcome> runAll(const std::vector<RunRequest>& requests, Store& store) {
        std::vector<RunSink*> sinks = {&store};
        if (ports_.watcher != nullptr) sinks.push_back(ports_.watcher);
        RunService service(ports_.transport, std::move(sinks), {}, ports_.clock);
        const ExperimentOptions options = {
            .reference = reference_, .findReference = [&store](const std::string& computation) {
                return store.newestReference(computation);
            }};
        return runExperiment(requests, service, options, stop_);
    }

    Result<void> saveParity(const std::vector<RunRecord>& runs, Store& store) {
        for (const RunRecord& run : runs) {
            if (!run.parity) continue;
            RINGSCOPE_CHECK(store.saveParity(run));
            if (ports_.compared) RINGSCOPE_CHECK(ports_.compared(run));
        }
        return {};
    }

    const std::filesystem::path& path_;
    const SessionPorts& ports_;
    bool reference_;
    const std::stop_token& stop_;
};

}  // namespace

SessionEnd runIntoStore(const Experiment& experiment, const std::filesystem::path& store,
                        const SessionPorts& ports, bool reference, std::stop_token stop) {
    Session session(store, ports, reference, stop);
    Result<ExperimentOutcome> outcome = session.execute(experiment);
    return {.step = session.step, .outcome = std::move(outcome)};
}

}  // namespace ringscope
