#include "backend/generate/generation.h"

#include "backend/config/experiment.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

// Puts the texts together.
class GenerationSink final : public RunSink {
public:
    GenerationSink(int texts, const std::function<void(const RankTokens&)>& told) : told_(told) {
        outcome_.texts.resize(static_cast<std::size_t>(texts));
    }

    Result<void> created(const RunRecord&) override { return {}; }
    Result<void> changed(const RunRecord&) override { return {}; }
    Result<void> step(const RunRecord&, const StepRecord&) override { return {}; }
    Result<void> ended(const RunRecord&) override { return {}; }
    Result<void> logLine(const RunRecord&, int, std::string_view) override { return {}; }

    Result<void> tokens(const RunRecord&, const RankTokens& told) override {
        if (told.textNumber < 0 || told.textNumber >= std::ssize(outcome_.texts))
            return Error{ErrorCode::Corrupt, "a rank tells of a text that was not asked for"};
        GeneratedText& text = outcome_.texts[static_cast<std::size_t>(told.textNumber)];
        text.tokens.insert(text.tokens.end(), told.tokens.begin(), told.tokens.end());
        text.text += told.text;
        text.ended = told.ended;
        told_(told);
        return {};
    }

    Result<void> generated(const RunRecord&, const RankGenerated& generated) override {
        if (generated.rank != 0) return {};
        outcome_.tokens = generated.tokens;
        outcome_.first = generated.first;
        outcome_.total = generated.total;
        outcome_.cache = generated.cache;
        complete_ = true;
        return {};
    }

    bool complete() const { return complete_; }
    GenerationOutcome takeOutcome() { return std::move(outcome_); }

private:
    const std::function<void(const RankTokens&)>& told_;
    GenerationOutcome outcome_{};
    bool complete_ = false;
};

}  // namespace

Result<GenerationOutcome> generate(const RunPlan& plan, const GenerationRequest& request,
                                   Transport& transport,
                                   const std::function<void(const RankTokens&)>& told,
                                   std::stop_token stop, const RunClock& clock) {
    GenerationSink sink(request.texts, told);
    RunService service(transport, {&sink}, {}, clock);
    RINGSCOPE_TRY(const RunRecord run,
                  service.execute({.plan = plan,
                                   .experiment = "generate",
                                   .experimentId = "generate",
                                   .name = "generate",
                                   .job = Generation{toYaml(plan.config), generationText(request)}},
                                  stop));
    if (run.status == RunStatus::Failed) return Error{ErrorCode::Failed, run.statusReason};
    const bool cancelled = run.status == RunStatus::Cancelled;
    if (!cancelled && !sink.complete())
        return Error{ErrorCode::Failed, "the ranks ended before their texts; please report this"};
    GenerationOutcome outcome = sink.takeOutcome();
    outcome.cancelled = cancelled;
    for (const RankRecord& rank : run.rankRecords)
        outcome.peakMemory = std::max(outcome.peakMemory, rank.peakMemory);
    return outcome;
}

}  // namespace ringscope
