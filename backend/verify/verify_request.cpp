#include "backend/verify/verify_request.h"

#include "backend/core/text.h"
#include "backend/plan/blocks.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using Json = nlohmann::json;

// What the reference does not compute. Leaving it out would verify another problem, so it is a
// refusal.
std::vector<std::string> unsupported(const AttentionCase& problem) {
    if (problem.dropout == 0) return {};
    return {"dropout cannot be verified: the reference does not know which weights are dropped"};
}

std::optional<std::int64_t> limit(std::int64_t side) {
    return side == unlimited ? std::nullopt : std::optional(side);
}

AttentionMask maskOf(const AttentionCase& problem) {
    AttentionMask mask{.causal = problem.causal};
    if (problem.window) {
        mask.left = limit(problem.window->left);
        mask.right = limit(problem.window->right);
    }
    if (problem.documents.size() > 2) mask.documents = problem.documents;
    return mask;
}

AttentionShape shapeOf(const AttentionCase& problem, int ranks) {
    return {.ranks = ranks,
            .batch = problem.batch,
            .tokens = problem.tokens,
            .heads = problem.heads,
            .kvHeads = problem.kvHeads,
            .headDim = problem.headDim,
            .causal = problem.causal,
            .elementBytes = problem.type->bytes,
            .gradientAccumulatorBytes = problem.type->accumulatorBytes};
}

}  // namespace

int ranksOf(const Mode& mode, int ranks) { return mode.sharded ? ranks : 1; }

Result<Schedule> planMode(const Mode& mode, const VerifyRequest& request) {
    std::vector<std::string> reasons = unsupported(request.problem);
    Result<Schedule> schedule =
        mode.schedule(shapeOf(request.problem, ranksOf(mode, request.ranks)));
    if (!schedule.ok()) reasons.push_back(schedule.error().message);
    if (reasons.empty()) {
        const AttentionMask mask = maskOf(request.problem);
        const bool plain = mask.plain() && !request.problem.softcap && !request.problem.alibi;
        return plain ? std::move(schedule) : masked(std::move(*schedule), mask);
    }
    return Error{ErrorCode::InvalidConfig, join(reasons, "; ")};
}

std::chrono::milliseconds patience(const AttentionCase& problem) {
    constexpr double seconds = 180;  // for everything that is not attention
    constexpr double slowest = 1e9;  // FLOP/s of a rank
    const double tokens = static_cast<double>(problem.tokens);
    const double flops =
        14 * tokens * tokens * static_cast<double>(problem.batch * problem.heads * problem.headDim);
    constexpr double longest = 30 * 86'400;
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(1e3 * std::min(seconds + flops / slowest, longest)));
}

std::string requestText(const VerifyRequest& request) {
    const Json object = {{"case", toJson(request.problem)},
                         {"modes", request.modes},
                         {"ranks", request.ranks},
                         {"dump", request.dump}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<VerifyRequest> requestFromText(std::string_view text) {
    const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    try {
        const std::optional<AttentionCase> problem = caseFromJson(object.at("case"));
        if (!problem) return std::nullopt;
        return VerifyRequest{.problem = *problem,
                             .modes = object.at("modes").get<std::vector<std::string>>(),
                             .ranks = object.at("ranks").get<int>(),
                             .dump = object.at("dump").get<std::string>()};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
