// Verifies modes: real ranks compute one attention problem under each, and the results are judged
// against unsharded attention in fp64.
//
//     modes the planner refuses    a verdict, and nothing is started
//     the others                   one run of the ranks, mode after mode; rank 0 reports verdicts
//     a run that fails             the mode that had begun is not ok; the remaining ones run again
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_service.h"
#include "backend/run/transport.h"
#include "backend/verify/verdict.h"
#include "backend/verify/verify_request.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Called on the thread that called verify().
struct VerifyProgress {
    std::function<void(const ModeVerdict& verdict)> verdict = [](const ModeVerdict&) {};
    std::function<void(std::string_view what)> doing = [](std::string_view) {};
};

struct VerifyOutcome {
    std::vector<ModeVerdict> verdicts;  // in the order of VerifyRequest::modes
    bool cancelled = false;             // the verdicts are those that were there by then
    Bytes peakMemory{};                 // of the rank that needed the most, in tensors
};

// Verifies the modes of `request` in order. Fails where nothing can be verified here.
Result<VerifyOutcome> verify(const VerifyRequest& request, Transport& transport,
                             const VerifyProgress& progress, std::stop_token stop,
                             const RunClock& clock = {});

// Makes the folder that gets these files and folders. Fails where one of them is there already.
Result<void> makeDumpFolder(const std::filesystem::path& folder,
                            const std::vector<std::string>& names);

// Makes the folder of the dump and writes case.json. Fails where it has a dump of one of the modes.
Result<void> prepareDump(const VerifyRequest& request);

}  // namespace ringscope
