#include "backend/run/overlap.h"

#include "backend/analysis/bandwidth.h"
#include "backend/analysis/findings.h"
#include "backend/analysis/gpu_spans.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

std::optional<int> latestRank(const std::vector<Blame>& blame) {
    const auto most = std::ranges::max_element(blame, {}, &Blame::causedWait);
    if (most == blame.end() || most->causedWait == 0) return std::nullopt;
    return most->rank;
}

}  // namespace

std::optional<OverlapFigures> overlapFigures(const RunFindings& findings,
                                             const std::vector<Bandwidth>& bandwidths) {
    if (findings.steps == 0) return std::nullopt;
    OverlapFigures figures{.steps = findings.steps,
                           .exposedMs = findings.exposedMsPerStep(),
                           .hiddenPercent = findings.hiddenPercent()};
    if (findings.splitsAll()) {
        figures.waitMs = findings.waitMsPerStep();
        figures.hiddenWaitMs = findings.hiddenWaitMsPerStep();
        figures.transferMs = findings.transferMsPerStep();
        figures.lateRank = latestRank(findings.blame);
    }
    if (const std::optional<Bandwidth> all = together(bandwidths)) {
        figures.algbw = all->algbw;
        figures.busbw = all->busbw;
    }
    return figures;
}

std::string whyUnsplit(const RunFindings& findings) {
    if (findings.steps == 0 || findings.splitsAll()) return {};
    if (!findings.clock.splits) return "of its trace the clocks are " + findings.clock.sentence;
    return fmt::format(
        "of its trace wait and transfer are not told apart: {} {} not in it", findings.unmatched,
        findings.unmatched == 1 ? "message has an end that is" : "messages have an end that is");
}

Result<RecordedOverlap> readOverlap(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(const Trace recorded, readTrace(folder));
    const Trace trace = withGpuSpans(recorded);
    const TrustedMeetings trusted = trustedMeetings(trace);
    const RunFindings findings = analyze(trace, trusted);
    if (!findings.violations.empty())
        return Error{ErrorCode::Failed, "the analysis of its trace contradicts itself: " +
                                            findings.violations.front()};
    return RecordedOverlap{.figures = overlapFigures(findings, bandwidths(trace, trusted)),
                           .unsplit = whyUnsplit(findings)};
}

}  // namespace ringscope
