#include "backend/verify/evaluation.h"

#include "backend/config/experiment.h"
#include "backend/model/checkpoint.h"
#include "backend/verify/verification.h"

#include <algorithm>
#include <optional>
#include <system_error>

namespace ringscope {
namespace {

// Keeps what rank 0 tells.
class EvaluationSink final : public RunSink {
public:
    Result<void> created(const RunRecord&) override { return {}; }
    Result<void> changed(const RunRecord&) override { return {}; }
    Result<void> step(const RunRecord&, const StepRecord&) override { return {}; }
    Result<void> ended(const RunRecord&) override { return {}; }
    Result<void> logLine(const RunRecord&, int, std::string_view) override { return {}; }

    Result<void> evaluated(const RunRecord&, const RankEvaluated& told) override {
        if (told.rank == 0) told_ = told;
        return {};
    }

    const std::optional<RankEvaluated>& told() const { return told_; }

private:
    std::optional<RankEvaluated> told_;
};

// Before a rank starts and a folder is made.
Result<void> checkModel(const RunConfig& config) {
    if (!config.model.from) return {};
    const Result<Checkpoint> checkpoint = Checkpoint::open(*config.model.from);
    if (checkpoint.ok()) return {};
    return Error{ErrorCode::InvalidConfig, checkpoint.error().message};
}

}  // namespace

Result<EvaluationOutcome> evaluate(const EvaluationRequest& request, Transport& transport,
                                   std::stop_token stop, const RunClock& clock) {
    RINGSCOPE_CHECK(checkModel(request.plan.config));
    std::error_code ignored;
    const bool made = !std::filesystem::exists(request.dump, ignored);
    RINGSCOPE_CHECK(makeDumpFolder(request.dump, {"logits.npy", "gradients.safetensors"}));
    EvaluationSink sink;
    RunService service(transport, {&sink}, {}, clock);
    RINGSCOPE_TRY(const RunRecord run,
                  service.execute({.plan = request.plan,
                                   .experiment = "evaluate",
                                   .experimentId = "evaluate",
                                   .name = "evaluate",
                                   .job = Evaluation{toYaml(request.plan.config),
                                                     std::filesystem::absolute(request.dump),
                                                     request.gradients}},
                                  stop));
    EvaluationOutcome outcome{.cancelled = run.status == RunStatus::Cancelled};
    if (outcome.cancelled) return outcome;
    if (run.status == RunStatus::Failed) {
        if (made) std::filesystem::remove(request.dump, ignored);  // where it is empty
        return Error{ErrorCode::Failed, run.statusReason};
    }
    if (!sink.told())
        return Error{ErrorCode::Failed, "the ranks ended without a loss; please report this"};
    outcome.loss = sink.told()->loss;
    outcome.labelledTokens = sink.told()->labelledTokens;
    for (const RankRecord& rank : run.rankRecords)
        outcome.peakMemory = std::max(outcome.peakMemory, rank.peakMemory);
    return outcome;
}

}  // namespace ringscope
