#include "backend/run/experiment_runner.h"

#include "backend/plan/mode_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ringscope {
namespace {

bool isUnsharded(const RunConfig& config) {
    const Mode* mode = findMode(config.parallel.mode);
    return mode != nullptr && !mode->sharded;
}

// The same computation, unsharded; nothing where it cannot run that way.
std::optional<RunRequest> referenceFor(const RunRequest& request) {
    const auto unsharded = std::ranges::find(modeTable(), false, &Mode::sharded);
    if (unsharded == modeTable().end()) return std::nullopt;
    RunConfig config = request.plan.config;
    config.parallel.mode = std::string(unsharded->name);
    config.parallel.sp = 1;
    config.train.gradAccum *= config.parallel.dp;
    config.parallel.dp = 1;
    config.parallel.ep = 1;
    config.checkpoint = {};
    config.launch.retries = 0;
    config.profile.ranks.reset();  // it has one
    config.memory.budget.reset();  // of a rank that holds a part
    Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) return std::nullopt;
    RunRequest reference = request;
    reference.plan = std::move(*plan);
    reference.name = request.experiment + "/reference";
    reference.repeat = 0;
    reference.baseline = false;
    reference.reference = true;
    reference.resume.reset();
    return reference;
}

class ExperimentRun {
public:
    ExperimentRun(const std::vector<RunRequest>& requests, RunService& service,
                  const ExperimentOptions& options, const std::stop_token& stop)
        : requests_(requests), service_(service), options_(options), stop_(stop) {
        if (!requests.empty()) outcome_.experimentId = requests.front().experimentId;
    }

    Result<ExperimentOutcome> execute() {
        for (const RunRequest& request : requests_) {
            if (stopped()) break;
            RINGSCOPE_CHECK(findOrStartReference(request));
            if (stopped()) break;
            RINGSCOPE_TRY(RunRecord run, service_.execute(request, stop_));
            outcome_.runs.push_back(std::move(run));
        }
        for (RunRecord& run : outcome_.runs) compareWithReference(run);
        outcome_.cancelled = outcome_.cancelled || lastWasCancelled(outcome_.runs) ||
                             lastWasCancelled(outcome_.references);
        return std::move(outcome_);
    }

private:
    bool stopped() {
        outcome_.cancelled = outcome_.cancelled || stop_.stop_requested();
        return outcome_.cancelled;
    }

    static bool lastWasCancelled(const std::vector<RunRecord>& runs) {
        return !runs.empty() && runs.back().status == RunStatus::Cancelled;
    }

    // Once per computation, before its first run; not where the experiment has such a run itself.
    Result<void> findOrStartReference(const RunRequest& request) {
        const std::string computation = computationIdentity(request.plan.config);
        if (!seen_.insert(computation).second || hasOwnReference(computation)) return {};
        if (std::optional<RunRecord> known = knownReference(computation)) {
            outcome_.references.push_back(std::move(*known));
            return {};
        }
        if (!options_.reference) return {};
        const std::optional<RunRequest> reference = referenceFor(request);
        if (!reference) return {};
        RINGSCOPE_TRY(RunRecord run, service_.execute(*reference, stop_));
        outcome_.references.push_back(std::move(run));
        return {};
    }

    bool hasOwnReference(const std::string& computation) const {
        return std::ranges::any_of(requests_, [&](const RunRequest& request) {
            return isUnsharded(request.plan.config) &&
                   computationIdentity(request.plan.config) == computation;
        });
    }

    std::optional<RunRecord> knownReference(const std::string& computation) const {
        if (!options_.findReference) return std::nullopt;
        return options_.findReference(computation);
    }

    const RunRecord* referenceOf(const std::string& computation) const {
        for (const std::vector<RunRecord>* runs : {&outcome_.runs, &outcome_.references})
            for (const RunRecord& run : *runs)
                if (run.status == RunStatus::Finished && run.computation == computation &&
                    isUnsharded(run.config))
                    return &run;
        return nullptr;
    }

    void compareWithReference(RunRecord& run) {
        if (run.status != RunStatus::Finished) return;
        const RunRecord* reference = referenceOf(run.computation);
        if (reference != nullptr) run.parity = parityWith(run, *reference);
    }

    const std::vector<RunRequest>& requests_;
    RunService& service_;
    const ExperimentOptions& options_;
    const std::stop_token& stop_;
    ExperimentOutcome outcome_;
    std::set<std::string> seen_;
};

}  // namespace

Result<ExperimentOutcome> runExperiment(const std::vector<RunRequest>& requests,
                                        RunService& service, const ExperimentOptions& options,
                                        std::stop_token stop) {
    return ExperimentRun(requests, service, options, stop).execute();
}

}  // namespace ringscope
