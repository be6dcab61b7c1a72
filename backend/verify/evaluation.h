// Evaluates one batch with a model: real ranks compute logits, loss and gradients under a mode, and
// rank 0 writes them, to be held against what another program computes.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_service.h"
#include "backend/run/transport.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace ringscope {

struct EvaluationRequest {
    RunPlan plan{};  // of the configuration; its data are the batch, row after row
    std::filesystem::path dump{};
    bool gradients = false;
};

struct EvaluationOutcome {
    double loss = 0;  // summed over labelled tokens
    std::int64_t labelledTokens = 0;
    Bytes peakMemory{};  // of the rank that needed the most, in tensors
    bool cancelled = false;
};

// Writes DUMP/logits.npy and, where they are asked for, DUMP/gradients.safetensors. Fails where one
// of them is there already: nothing is overwritten.
Result<EvaluationOutcome> evaluate(const EvaluationRequest& request, Transport& transport,
                                   std::stop_token stop, const RunClock& clock = {});

}  // namespace ringscope
