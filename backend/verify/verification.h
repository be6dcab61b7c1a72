// Proof on demand: real ranks compute one attention problem under each mode, and what comes out is
// judged against unsharded attention in fp64.
//
//     refused by the plan              -> a verdict without starting anything
//     the rest, one after the other    -> one run of the ranks; rank 0 tells each verdict
//     a run that fails                 -> the mode whose turn it was is not ok; the rest runs again
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_service.h"
#include "backend/run/transport.h"
#include "backend/verify/verdict.h"
#include "backend/verify/verify_request.h"

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Told from the thread that called verify().
struct VerifyProgress {
    std::function<void(const ModeVerdict& verdict)> verdict = [](const ModeVerdict&) {};
    std::function<void(std::string_view what)> doing = [](std::string_view) {};
};

struct VerifyOutcome {
    std::vector<ModeVerdict> verdicts;  // in the order of VerifyRequest::modes
    bool cancelled = false;             // the verdicts are those that were there by then
    Bytes peakMemory{};                 // of the rank that needed the most, in tensors
};

// The modes that can run, on this many ranks at once, in order.
Result<VerifyOutcome> verify(const VerifyRequest& request, Transport& transport,
                             const VerifyProgress& progress, std::stop_token stop,
                             const RunClock& clock = {});

// Refuses a folder where a dump of one of the modes is already. Makes the folder and writes
// case.json otherwise.
Result<void> prepareDump(const VerifyRequest& request);

}  // namespace ringscope
