#include "backend/report/evaluation_text.h"

#include "backend/core/text.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <vector>

namespace ringscope {
namespace {

double meanLoss(const EvaluationOutcome& outcome) {
    return outcome.labelledTokens == 0 ? 0
                                       : outcome.loss / static_cast<double>(outcome.labelledTokens);
}

std::vector<std::string> filesOf(const EvaluationRequest& request) {
    std::vector<std::string> files = {(request.dump / "logits.npy").string()};
    if (request.gradients) files.push_back((request.dump / "gradients.safetensors").string());
    return files;
}

}  // namespace

std::string evaluationText(const EvaluationRequest& request, const EvaluationOutcome& outcome) {
    return fmt::format("loss {:.6f} over {} labelled tokens, {:.6f} a token\nwrote {}\n",
                       outcome.loss, outcome.labelledTokens, meanLoss(outcome),
                       join(filesOf(request), ", "));
}

std::string evaluationJson(const EvaluationRequest& request, const EvaluationOutcome& outcome) {
    const RunConfig& config = request.plan.config;
    const nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                                   {"model", config.model.from.value_or("")},
                                   {"mode", config.parallel.mode},
                                   {"ranks", request.plan.ranks},
                                   {"dtype", nameOf(config.train.precision)},
                                   {"loss", outcome.loss},
                                   {"labelled_tokens", outcome.labelledTokens},
                                   {"mean_loss", meanLoss(outcome)},
                                   {"files", filesOf(request)},
                                   {"peak_bytes", outcome.peakMemory.count}};
    return reporting::jsonDump(object);
}

}  // namespace ringscope
