#include "backend/verify/verify_request.h"

#include "backend/config/field_table.h"
#include "backend/plan/blocks.h"
#include "backend/plan/patterns/pattern.h"
#include "backend/plan/run_plan.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> layoutFields = {"parallel.layout", "parallel.token_order",
                                                          "parallel.image"};

// A configuration that holds these fields alone.
RunConfig configOf(const LayoutChoice& layout) {
    RunConfig config;
    config.parallel.layout = layout.layout;
    config.parallel.tokenOrder = layout.order;
    config.parallel.image = layout.image;
    return config;
}

// Each field as a user writes it.
Json layoutJson(const LayoutChoice& layout) {
    const RunConfig config = configOf(layout);
    Json object = Json::object();
    for (const std::string_view path : layoutFields)
        object[std::string(path)] = findField(path)->get(config);
    return object;
}

// An Error where a value is not one of its field.
Result<void> setLayout(std::string_view path, std::string_view value, LayoutChoice& layout) {
    RunConfig config = configOf(layout);
    RINGSCOPE_CHECK(findField(path)->set(config, value));
    layout = layoutChoiceOf(config);
    return {};
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
            .latentColumns = problem.latent ? problem.latent->width() : 0,
            .elementBytes = rowOf(problem.type).bytes,
            .gradientAccumulatorBytes = rowOf(problem.type).sumBytes};
}

}  // namespace

Result<void> readLayoutSetting(std::string_view text, VerifyRequest& request) {
    RunConfig config = configOf(request.layout);
    RINGSCOPE_CHECK(readSetting(text, layoutFields, config));
    request.layout = layoutChoiceOf(config);
    return {};
}

int ranksOf(const Mode& mode, int ranks) { return mode.sharded ? ranks : 1; }

Result<Schedule> planMode(const Mode& mode, const VerifyRequest& request) {
    const AttentionCase& problem = request.problem;
    if (request.device == DeviceChoice::Cuda && problem.headDim > mostGpuHeadColumns)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("attention on a GPU takes heads of up to {} columns; got {}",
                                 mostGpuHeadColumns, problem.headDim)};
    AttentionShape shape = shapeOf(problem, ranksOf(mode, request.ranks));
    RINGSCOPE_TRY(shape.pattern, patternOf(problem));
    LayoutChoice choice = request.layout;
    choice.tokens = problem.tokens;
    choice.documents = problem.documents.empty() ? std::vector{std::int64_t{0}, problem.tokens}
                                                 : problem.documents;
    shape.tokens = paddedTokens(mode, shape, choice);
    RINGSCOPE_TRY(const std::optional<ChosenLayout> layout, chosenLayout(mode, shape, choice));
    RINGSCOPE_TRY(Schedule schedule, scheduleOver(mode, shape, layout));
    const AttentionMask mask = paddedMask(maskOf(problem), problem.tokens, shape.tokens);
    const bool plain = mask.plain() && !problem.softcap && !problem.alibi && problem.dropout == 0 &&
                       shape.pattern == nullptr;
    return plain ? std::move(schedule) : masked(std::move(schedule), mask, shape.pattern);
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
    Json object = {{"case", toJson(request.problem)},
                   {"modes", request.modes},
                   {"ranks", request.ranks},
                   {"device", nameOf(request.device)},
                   {"dump", request.dump}};
    if (!request.layout.isModes()) object["layout"] = layoutJson(request.layout);
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<VerifyRequest> requestFromText(std::string_view text) {
    const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    try {
        const std::optional<AttentionCase> problem = caseFromJson(object.at("case"));
        const auto device = findChoice<DeviceChoice>(object.at("device").get<std::string>());
        if (!problem || !device) return std::nullopt;
        LayoutChoice layout;
        if (const auto chosen = object.find("layout"); chosen != object.end())
            for (const std::string_view path : layoutFields)
                if (!setLayout(path, chosen->at(std::string(path)).get<std::string>(), layout).ok())
                    return std::nullopt;
        return VerifyRequest{.problem = *problem,
                             .modes = object.at("modes").get<std::vector<std::string>>(),
                             .ranks = object.at("ranks").get<int>(),
                             .layout = std::move(layout),
                             .device = *device,
                             .dump = object.at("dump").get<std::string>()};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
