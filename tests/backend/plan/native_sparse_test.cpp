#include "backend/plan/native_sparse.h"

#include "backend/core/units.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/rank_shares.h"

#include <gmock/gmock.h>

#include <numeric>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

constexpr NsaConfig smallSizes{
    .block = 4, .stride = 2, .selectBlock = 8, .selected = 4, .local = 2, .window = 6};

RunConfig sparsePlanConfig(const std::string& mode, int ranks) {
    RunConfig config;
    config.model.attention = AttentionKind::Nsa;
    config.model.nsa = smallSizes;
    config.train.seqLen = 128;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

TEST(NativeSparse, CountsThePairsOfItsBranches) {
    for (const NsaConfig& sizes :
         {smallSizes, NsaConfig{.block = 6, .stride = 6, .window = 1}, NsaConfig{}})
        for (const std::int64_t tokens : {1, 3, 4, 5, 31, 100}) {
            std::int64_t compressed = 0, near = 0;
            for (std::int64_t token = 0; token < tokens; ++token) {
                for (std::int64_t begin = 0; begin + sizes.block <= token + 1;
                     begin += sizes.stride)
                    ++compressed;
                near += std::min(sizes.window, token + 1);
            }
            EXPECT_EQ(compressedPairs(sizes, tokens), compressed) << tokens;
            EXPECT_EQ(windowPairs(sizes, tokens), near) << tokens;
        }
}

TEST(NativeSparse, AddsItsParametersToEachLayer) {
    RunConfig config = sparsePlanConfig("none", 1);
    const std::int64_t own = planRun(config)->parameters;
    config.model.attention = AttentionKind::Gqa;
    const ModelConfig& model = config.model;
    const std::int64_t columns = model.headDim();
    const std::int64_t gates = 3 * model.heads * model.hiddenSize;
    const std::int64_t compression =
        2 * (smallSizes.block * columns + columns * smallSizes.block * columns + columns * columns);
    EXPECT_EQ(own - planRun(config)->parameters, model.layers * (gates + compression));
}

TEST(NativeSparse, RunsUnderModesThatHaveAllKeysAndNamesThemToOthers) {
    for (const Mode& mode : modeTable()) {
        const Result<RunPlan> plan = planRun(sparsePlanConfig(std::string(mode.name), 4));
        const std::string name(mode.name);
        const bool runs = name == "none" || name == "legacy" || name == "ulysses" ||
                          name == "llama3" || name == "ring-allgather";
        EXPECT_EQ(plan.ok(), runs) << name;
        if (!runs && !name.starts_with("dilated")) {
            EXPECT_EQ(plan.error().message,
                      "model.attention nsa compresses blocks of all keys, and " + name +
                          " passes keys on from rank to rank; use mode ulysses, llama3 or "
                          "ring-allgather");
        }
    }
}

TEST(NativeSparse, KeepsTheQueryHeadsOfAKeyHeadOnOneRank) {
    RunConfig config = sparsePlanConfig("ulysses", 4);
    config.model.kvHeads = 2;
    EXPECT_EQ(planRun(config).error().message,
              "model.attention nsa selects blocks with all query heads of a key head, and ulysses "
              "gives them to several ranks: 2 key/value heads, 4 ranks; use 2 ranks at most, or "
              "mode llama3");
}

TEST(NativeSparse, SendsGatesWhereQueriesTravel) {
    RunConfig config = sparsePlanConfig("ulysses", 4);
    const std::int64_t own = planRun(config)->attentionBytesPerStep;
    config.model.attention = AttentionKind::Gqa;
    const ModelConfig& model = config.model;
    // Three of a query head and token, to three other ranks, and their gradients back.
    const std::int64_t gates = 2 * model.layers * 32 * 3 * (model.heads / 4) * 3 * 4;
    EXPECT_EQ(own - planRun(config)->attentionBytesPerStep, gates);
    for (const char* mode : {"llama3", "ring-allgather"}) {
        config = sparsePlanConfig(mode, 4);
        const std::int64_t sparse = planRun(config)->attentionBytesPerStep;
        config.model.attention = AttentionKind::Gqa;
        EXPECT_EQ(sparse, planRun(config)->attentionBytesPerStep) << mode;
    }
}

TEST(NativeSparse, SharesPairsOutAsItsBranchesAre) {
    const std::vector<bool> labels(128, true);
    const auto pairsUnder = [&](const std::string& mode, int ranks) {
        std::int64_t pairs = 0;
        for (const RankShare& share :
             rankShares(planRun(sparsePlanConfig(mode, ranks)).value(), labels, {}))
            pairs += share.pairs;
        return pairs;
    };
    const std::int64_t alone = pairsUnder("none", 1);
    for (const char* mode : {"ulysses", "llama3", "ring-allgather"})
        EXPECT_EQ(pairsUnder(mode, 4), alone) << mode;
}

TEST(NativeSparse, SaysWhatAQuerySees) {
    const RunPlan plan = planRun(sparsePlanConfig("llama3", 4)).value();
    std::string notes;
    for (const std::string& note : plan.notes) notes += note + "\n";
    EXPECT_THAT(notes, HasSubstr("model.attention nsa: a query sees compressed, selected and near "
                                 "keys, "));
}

}  // namespace
}  // namespace ringscope
