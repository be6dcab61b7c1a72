// What `ringscope model eval` found, for people and for programs.
#pragma once

#include "backend/verify/evaluation.h"

#include <string>

namespace ringscope {

// The loss, and the files that were written. Ends with a newline.
std::string evaluationText(const EvaluationRequest& request, const EvaluationOutcome& outcome);

// schema_version, model, mode, ranks, dtype, loss, labelled_tokens, mean_loss, files[], peak_bytes;
// ends with a newline.
std::string evaluationJson(const EvaluationRequest& request, const EvaluationOutcome& outcome);

}  // namespace ringscope
