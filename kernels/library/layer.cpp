#include "kernels/library/layer.h"

#include "backend/core/ids.h"
#include "backend/core/text.h"
#include "backend/verify/verify_request.h"
#include "kernels/comm/callers_group.h"

#include <limits>
#include <utility>

namespace ringscope::library {
namespace {

Result<const Mode*> modeNamed(const std::string& name) {
    if (const Mode* mode = findMode(name)) return mode;
    return Error{ErrorCode::InvalidConfig,
                 "there is no mode '" + name + "'; use one of " + join(modeNames(), ", ")};
}

// The caller's tensors have no padding.
Result<void> checkLength(const LayerSpec& spec, const Schedule& schedule) {
    std::int64_t held = 0;
    for (int rank = 0; rank < schedule.ranks; ++rank)
        held += tokenCount(schedule.owned.spansOf(rank));
    if (held == spec.problem.tokens) return {};
    return Error{ErrorCode::InvalidConfig,
                 "mode " + spec.mode + " on " + std::to_string(schedule.ranks) +
                     " ranks cannot cut " + std::to_string(spec.problem.tokens) +
                     " tokens into equal parts; pad them to " + std::to_string(held)};
}

Result<Schedule> scheduleOf(const LayerSpec& spec, int ranks) {
    RINGSCOPE_TRY(const Mode* mode, modeNamed(spec.mode));
    RINGSCOPE_CHECK(checkCase(spec.problem));
    if (ranksOf(*mode, ranks) != ranks)
        return Error{ErrorCode::InvalidConfig, "mode " + spec.mode + " is for one rank; got " +
                                                   std::to_string(ranks) + " ranks"};
    RINGSCOPE_TRY(Schedule schedule,
                  planMode(*mode, {.problem = spec.problem, .modes = {}, .ranks = ranks}));
    if (schedule.replicated)
        return Error{ErrorCode::InvalidConfig,
                     "under mode " + spec.mode +
                         " each rank holds the whole sequence; use a mode that splits it"};
    RINGSCOPE_CHECK(checkLength(spec, schedule));
    return schedule;
}

AttentionOptions optionsOf(const AttentionCase& problem) {
    AttentionOptions options;
    options.scale = problem.scale;
    options.softcap = problem.softcap;
    options.alibi = problem.alibi;
    options.dropout = problem.dropout;
    options.bufferLimit = std::numeric_limits<std::int64_t>::max();
    return options;
}

}  // namespace

Result<std::shared_ptr<Ranks>> singleRank() {
    auto ranks = std::make_shared<Ranks>();
    RINGSCOPE_TRY(ranks->rendezvous, hostRendezvous("127.0.0.1", RunId::random().text));
    RINGSCOPE_TRY(ranks->group, makeGroup(*ranks->rendezvous, {}));
    return ranks;
}

Result<std::shared_ptr<Ranks>> ranksOfGroup(const std::string& name) {
    try {
        auto ranks = std::make_shared<Ranks>();
        ranks->group = groupOfCaller(name);
        return ranks;
    } catch (const GroupError& error) {
        return Error{ErrorCode::NotFound, error.what()};
    }
}

Result<std::unique_ptr<Layer>> Layer::make(const LayerSpec& spec, std::shared_ptr<Ranks> ranks) {
    Group& group = *ranks->group;
    RINGSCOPE_TRY(const Schedule schedule, scheduleOf(spec, group.size()));
    std::unique_ptr<Layer> layer(new Layer());
    layer->tokens_ = tokensIn(heldTokens(schedule, group.rank()));
    RINGSCOPE_TRY(layer->attention_,
                  Attention::make(schedule, group.rank(), group, optionsOf(spec.problem)));
    layer->ranks_ = std::move(ranks);
    return layer;
}

Result<std::vector<std::int64_t>> tokensOfRank(const LayerSpec& spec, int ranks, int rank) {
    RINGSCOPE_TRY(const Schedule schedule, scheduleOf(spec, ranks));
    return tokensIn(heldTokens(schedule, rank));
}

}  // namespace ringscope::library
