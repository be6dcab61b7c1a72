#include "backend/session/run_into_store.h"

#include "backend/compare/foresight.h"
#include "backend/session/patient_store.h"
#include "backend/session/read_data.h"
#include "backend/store/run_files.h"
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

    Result<ExperimentOutcome> execute(const std::string& experiment,
                                      const std::vector<ExpandedRun>& runs) {
        step = SessionStep::Plan;
        ExperimentPlan plan = planRuns(experiment, runs);
        if (plan.requests.empty()) return refusalOf(plan);
        if (ports_.planned) ports_.planned(plan);
        const auto predict = predictor();
        for (RunRequest& request : plan.requests) {
            request.traces = traceRoot(path_);
            request.weights = weightRoot(path_);
            request.resume = ports_.resume;
            request.predict = predict;
        }
        step = SessionStep::Hosts;
        RINGSCOPE_CHECK(prepareHosts(ports_.transport, plan.requests));
        step = SessionStep::Data;
        RINGSCOPE_CHECK(readDataHere(plan.requests, ports_.reading, stop_));
        if (ports_.origin) {
            const RunOrigin origin = ports_.origin();
            for (RunRequest& request : plan.requests) request.origin = origin;
        }
        step = SessionStep::Store;
        RINGSCOPE_TRY(const std::unique_ptr<PatientStore> store, openStore());
        step = SessionStep::Runs;
        Result<ExperimentOutcome> outcome = runAll(plan.requests, *store);
        if (outcome.ok()) {
            outcome->refused = std::move(plan.refused);
            saveParity(outcome->runs, *store);
        }
        RINGSCOPE_CHECK(store->finish(stop_));
        return outcome;
    }

    SessionStep step = SessionStep::Plan;

private:
    std::function<Result<RunPrediction>(const RunPlan&)> predictor() const {
        Result<Machine> machine = ports_.machine();
        if (!machine.ok()) return {};
        return [machine = *std::move(machine)](const RunPlan& plan) {
            return predictionHere(plan, machine);
        };
    }

    Result<std::unique_ptr<PatientStore>> openStore() {
        RINGSCOPE_TRY(std::unique_ptr<PatientStore> store,
                      PatientStore::open(path_, ports_.caution, stop_));
        const std::string caution = store->caution();
        if (!caution.empty() && ports_.caution) ports_.caution(caution);
        return store;
    }

    Result<ExperimentOutcome> runAll(const std::vector<RunRequest>& requests, PatientStore& store) {
        std::vector<RunSink*> sinks = {&store};
        sinks.insert(sinks.end(), ports_.watchers.begin(), ports_.watchers.end());
        RunService service(ports_.transport, std::move(sinks), {}, ports_.clock);
        const ExperimentOptions options = {
            .reference = reference_, .findReference = [&store](const std::string& computation) {
                return store.newestReference(computation);
            }};
        return runExperiment(requests, service, options, stop_);
    }

    void saveParity(const std::vector<RunRecord>& runs, PatientStore& store) {
        for (const RunRecord& run : runs) {
            if (!run.parity) continue;
            store.saveParity(run);
            if (ports_.compared) ports_.compared(run);
        }
    }

    const std::filesystem::path& path_;
    const SessionPorts& ports_;
    bool reference_;
    const std::stop_token& stop_;
};

}  // namespace

SessionEnd runIntoStore(const Experiment& experiment, const std::filesystem::path& store,
                        const SessionPorts& ports, bool reference, std::stop_token stop) {
    return runIntoStore(experiment.name, expandRuns(experiment), store, ports, reference,
                        std::move(stop));
}

SessionEnd runIntoStore(const std::string& experiment, const std::vector<ExpandedRun>& runs,
                        const std::filesystem::path& store, const SessionPorts& ports,
                        bool reference, std::stop_token stop) {
    Session session(store, ports, reference, stop);
    Result<ExperimentOutcome> outcome = session.execute(experiment, runs);
    return {.step = session.step, .outcome = std::move(outcome)};
}

}  // namespace ringscope
