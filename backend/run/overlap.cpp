#include "backend/run/overlap.h"

#include "backend/analysis/findings.h"
#include "backend/trace/trace.h"

#include <algorithm>

namespace ringscope {
namespace {

std::optional<int> latestRank(const std::vector<Blame>& blame) {
    const auto most = std::ranges::max_element(blame, {}, &Blame::causedWait);
    if (most == blame.end() || most->causedWait == 0) return std::nullopt;
    return most->rank;
}

}  // namespace

std::optional<OverlapFigures> overlapFigures(const RunFindings& findings) {
    if (findings.steps == 0) return std::nullopt;
    return OverlapFigures{.steps = findings.steps,
                          .exposedMs = findings.exposedMsPerStep(),
                          .waitMs = findings.waitMsPerStep(),
                          .transferMs = findings.transferMsPerStep(),
                          .hiddenPercent = findings.hiddenPercent(),
                          .lateRank = latestRank(findings.blame)};
}

Result<std::optional<OverlapFigures>> readOverlap(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(const Trace trace, readTrace(folder));
    const RunFindings findings = analyze(trace);
    if (!findings.violations.empty())
        return Error{ErrorCode::Failed, "the analysis of its trace contradicts itself: " +
                                            findings.violations.front()};
    return overlapFigures(findings);
}

}  // namespace ringscope
