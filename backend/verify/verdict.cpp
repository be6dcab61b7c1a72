#include "backend/verify/verdict.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using Json = nlohmann::json;

Json finiteOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double orInfinity(const Json& member) {
    return member.is_null() ? std::numeric_limits<double>::infinity() : member.get<double>();
}

std::string reasonOf(std::string_view name, const TensorVerdict& tensor) {
    if (!(tensor.maxError <= tensor.tolerance))
        return fmt::format("{} is off by {:.3g}, at most {:.3g} is rounding", name, tensor.maxError,
                           tensor.tolerance);
    return fmt::format(
        "{} of tokens {} to {} is off by {:.3g} on average, at most {:.3g} is rounding", name,
        tensor.worstSlice.begin, tensor.worstSlice.end - 1, tensor.worstSlice.error,
        tensor.sliceTolerance);
}

Json toJson(const TensorVerdict& tensor) {
    return {{"tokens", {tensor.worstSlice.begin, tensor.worstSlice.end}},
            {"rms_err", finiteOrNull(tensor.worstSlice.error)},
            {"tolerance", tensor.sliceTolerance}};
}

Json toJson(const ProbeVerdict& probe) {
    return {{"ok", probe.ok()},
            {"token", probe.token},
            {"rows_changed", probe.rowsChanged},
            {"rows_missed", probe.rowsMissed},
            {"rows_leaked", probe.rowsLeaked},
            {"ranks_changed", probe.ranksChanged}};
}

ProbeVerdict probeFromJson(const Json& object) {
    return {.token = object.at("token").get<std::int64_t>(),
            .rowsChanged = object.at("rows_changed").get<std::int64_t>(),
            .rowsMissed = object.at("rows_missed").get<std::int64_t>(),
            .rowsLeaked = object.at("rows_leaked").get<std::int64_t>(),
            .ranksChanged = object.at("ranks_changed").get<int>()};
}

TensorVerdict tensorFromJson(const Json& object, const std::string& name) {
    const Json& slice = object.at("worst_slice").at(name);
    return {.ok = true,
            .maxError = orInfinity(object.at("max_err").at(name)),
            .tolerance = object.at("tolerance").at(name).get<double>(),
            .worstSlice = {.begin = slice.at("tokens").at(0).get<std::int64_t>(),
                           .end = slice.at("tokens").at(1).get<std::int64_t>(),
                           .error = orInfinity(slice.at("rms_err"))},
            .sliceTolerance = slice.at("tolerance").get<double>()};
}

}  // namespace

std::string ProbeVerdict::text() const {
    if (rowsLeaked > 0)
        return fmt::format("{} rows changed that must not see token {}", formatCount(rowsLeaked),
                           token);
    if (rowsMissed > 0)
        return fmt::format("{} rows that attend to token {} did not change",
                           formatCount(rowsMissed), token);
    if (rowsChanged == 0) return fmt::format("no row changed with token {}", token);
    return fmt::format("{} rows on {} rank{}", formatCount(rowsChanged), ranksChanged,
                       ranksChanged == 1 ? "" : "s");
}

const ResultNames& namesOf(bool latent) { return latent ? latentResultNames : resultNames; }

void conclude(ModeVerdict& verdict) {
    verdict.judged = true;
    std::string reason;
    const auto add = [&](const std::string& sentence) {
        reason += (reason.empty() ? "" : "; ") + sentence;
    };
    for (std::size_t i = 0; i < resultNames.size(); ++i)
        if (!verdict.tensors[i].ok) add(reasonOf(namesOf(verdict.latent)[i], verdict.tensors[i]));
    for (const int rank : verdict.ranksOffPlan)
        add(fmt::format("rank {} did not send the bytes of its schedule", rank));
    if (verdict.bytesSent != verdict.bytesPredicted)
        add(fmt::format("{} bytes were sent, the schedule has {}", formatCount(verdict.bytesSent),
                        formatCount(verdict.bytesPredicted)));
    if (verdict.probe && !verdict.probe->ok()) add("probe: " + verdict.probe->text());
    verdict.ok = reason.empty();
    verdict.reason = reason;
}

Json toJson(const ModeVerdict& verdict) {
    Json object = {
        {"mode", verdict.mode},       {"ranks", verdict.ranks},   {"ok", verdict.ok},
        {"refused", verdict.refused}, {"reason", verdict.reason}, {"max_err", nullptr},
        {"tolerance", nullptr},       {"worst_slice", nullptr},   {"bytes_sent", nullptr},
        {"bytes_predicted", nullptr}, {"probe", nullptr},         {"seconds", nullptr}};
    if (verdict.probe) object["probe"] = toJson(*verdict.probe);
    if (!verdict.judged) return object;
    for (std::size_t i = 0; i < resultNames.size(); ++i) {
        const std::string name(namesOf(verdict.latent)[i]);
        object["max_err"][name] = finiteOrNull(verdict.tensors[i].maxError);
        object["tolerance"][name] = verdict.tensors[i].tolerance;
        object["worst_slice"][name] = toJson(verdict.tensors[i]);
    }
    object["bytes_sent"] = verdict.bytesSent;
    object["bytes_predicted"] = verdict.bytesPredicted;
    object["seconds"] = verdict.seconds;
    return object;
}

std::optional<ModeVerdict> verdictFromJson(const Json& object) {
    try {
        ModeVerdict verdict{.mode = object.at("mode").get<std::string>(),
                            .ranks = object.at("ranks").get<int>(),
                            .ok = object.at("ok").get<bool>(),
                            .refused = object.at("refused").get<bool>(),
                            .reason = object.at("reason").get<std::string>()};
        if (const Json& probe = object.at("probe"); !probe.is_null())
            verdict.probe = probeFromJson(probe);
        if (object.at("max_err").is_null()) return verdict;
        verdict.judged = true;
        verdict.latent = object.at("max_err").contains(latentResultNames.back());
        for (std::size_t i = 0; i < resultNames.size(); ++i)
            verdict.tensors[i] = tensorFromJson(object, std::string(namesOf(verdict.latent)[i]));
        verdict.bytesSent = object.at("bytes_sent").get<std::int64_t>();
        verdict.bytesPredicted = object.at("bytes_predicted").get<std::int64_t>();
        verdict.seconds = object.at("seconds").get<double>();
        return verdict;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
