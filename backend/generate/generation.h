// Goes on with a prompt: real ranks hold the model, and what they make is told token by token.
#pragma once

#include "backend/core/result.h"
#include "backend/generate/generation_request.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_service.h"
#include "backend/run/transport.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope {

struct GeneratedText {
    std::vector<std::int64_t> tokens{};
    std::string text{};
    std::string ended{};  // endedByLength, …; empty: it was broken off
};

struct GenerationOutcome {
    std::vector<GeneratedText> texts{};
    std::int64_t tokens = 0;  // of all texts
    Nanos first{};            // from the prompt to the first token
    Nanos total{};            // to the last one
    Bytes cache{};            // keys and values, of rank 0
    Bytes peakMemory{};       // of the rank that needed the most, in tensors
    bool cancelled = false;   // no figures but the texts so far
};

// `plan`: of the model, for a sequence of the prompt's length. `told` is called on this thread for
// all that is made, as it is made.
Result<GenerationOutcome> generate(const RunPlan& plan, const GenerationRequest& request,
                                   Transport& transport,
                                   const std::function<void(const RankTokens&)>& told,
                                   std::stop_token stop, const RunClock& clock = {});

}  // namespace ringscope
