#include "backend/report/verify_text.h"

#include "backend/core/units.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

// The largest share of its tolerance that a tensor needs.
std::string shareOfTolerance(const ModeVerdict& verdict) {
    double share = 0;
    for (const TensorVerdict& tensor : verdict.tensors)
        share = std::max({share, tensor.maxError / tensor.tolerance,
                          tensor.worstSlice.error / tensor.sliceTolerance});
    return std::isfinite(share) && share < 100 ? fmt::format("{:.0f} %", 100 * share) : "> 100 ×";
}

std::string figuresOf(const ModeVerdict& verdict) {
    std::string text;
    for (const TensorVerdict& tensor : verdict.tensors)
        text += fmt::format("{:>8.1e}  ", tensor.maxError);
    text +=
        fmt::format("{:>9}  {:>9}  ", shareOfTolerance(verdict), formatBytes({verdict.bytesSent}));
    return text + (verdict.probe ? verdict.probe->text() : "");
}

std::string summary(const std::vector<ModeVerdict>& verdicts) {
    const auto all = std::ssize(verdicts);
    const auto ok = std::ranges::count(verdicts, true, &ModeVerdict::ok);
    const auto refused = std::ranges::count(verdicts, true, &ModeVerdict::refused);
    std::string text =
        fmt::format("{} of {} modes compute{} unsharded attention, forward and backward", ok, all,
                    ok == 1 ? "s" : "");
    if (refused > 0) text += fmt::format("; {} refused", refused);
    if (all - ok - refused > 0) text += fmt::format("; {} did not", all - ok - refused);
    return text;
}

}  // namespace

std::string verdictWord(const ModeVerdict& verdict) {
    if (verdict.ok) return "ok";
    return verdict.refused ? "refused" : "MISMATCH";
}

std::string verifyTable(const std::vector<ModeVerdict>& verdicts, bool latent) {
    std::size_t width = 4;
    for (const ModeVerdict& verdict : verdicts) width = std::max(width, verdict.mode.size());
    std::string text = fmt::format("{:<{}}  {:>5}  {:<8}  ", "mode", width, "ranks", "verdict");
    for (const std::string_view name : namesOf(latent)) text += fmt::format("{:>8}  ", name);
    text += fmt::format("{:>9}  {:>9}  {}\n", "tolerance", "sent", "probe");
    for (const ModeVerdict& verdict : verdicts) {
        text += fmt::format("{:<{}}  {:>5}  {:<8}  ", verdict.mode, width, verdict.ranks,
                            verdictWord(verdict));
        text += verdict.judged ? figuresOf(verdict) : reporting::printableLine(verdict.reason);
        text += '\n';
        if (verdict.judged && !verdict.ok)
            text += "  " + reporting::printableLine(verdict.reason) + '\n';
    }
    if (std::ranges::none_of(verdicts, &ModeVerdict::judged)) return text;
    return text +
           "\nLargest absolute differences from fp64; tolerance: how much of the rounding that is "
           "granted was\nneeded; sent: by all ranks, as the schedule says; probe: outputs that "
           "changed with one token.\n" +
           summary(verdicts) + ".\n";
}

std::string verifyJson(const VerifyRequest& request, const VerifyOutcome& outcome, int exit) {
    nlohmann::json object = {
        {"schema_version", jsonSchemaVersion},    {"case", toJson(request.problem)},
        {"device", nameOf(request.device)},       {"cases", nlohmann::json::array()},
        {"peak_bytes", outcome.peakMemory.count}, {"exit_code", exit}};
    for (const ModeVerdict& verdict : outcome.verdicts) object["cases"].push_back(toJson(verdict));
    return reporting::jsonDump(object);
}

}  // namespace ringscope
