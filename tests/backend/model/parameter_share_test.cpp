#include "backend/model/parameter_share.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

std::vector<ParameterSpec> someParameters() {
    ModelConfig model{.layers = 3, .hiddenSize = 10, .heads = 2, .kvHeads = 1, .vocabSize = 7};
    model.layerPattern = {"dense", "experts", "experts"};
    model.experts = {.count = 6, .perToken = 2, .size = 3};
    return parameterList(model, layerKinds(model, {}).value());
}

std::int64_t elementsOf(const std::vector<ParameterSpec>& list) {
    return list.back().offset + list.back().elements();
}

// How often the ranks that share experts hold each parameter, those that all hold counted once.
std::vector<int> timesSeen(const ParameterShare& share, const std::vector<ParameterSpec>& list,
                           int sharing) {
    std::vector<int> seen(static_cast<std::size_t>(elementsOf(list)));
    for (int place = 0; place < sharing; ++place)
        for (const SharePart& part : share.parts) {
            if (place > 0 && !part.experts) continue;
            forEachPart(share, list, place, part.span,
                        [&](std::int64_t, std::int64_t among, std::int64_t count) {
                            for (std::int64_t i = 0; i < count; ++i)
                                ++seen[static_cast<std::size_t>(among + i)];
                        });
        }
    return seen;
}

TEST(ParameterShare, OfOneRankIsTheListItself) {
    const std::vector<ParameterSpec> list = someParameters();
    const ParameterShare share = parameterShare(list, {.ranks = 4, .sharing = 1});
    EXPECT_EQ(share.list, list);
    ASSERT_EQ(share.parts.size(), 1U);
    EXPECT_FALSE(share.parts[0].experts);
    EXPECT_EQ(share.elements(), (elementsOf(list) + 3) / 4 * 4);
}

TEST(ParameterShare, HoldsEachParameterOnceOverTheRanksThatShare) {
    const std::vector<ParameterSpec> list = someParameters();
    for (const int sharing : {2, 3, 6}) {
        const ParameterShare share = parameterShare(list, {.ranks = 12, .sharing = sharing});
        ASSERT_EQ(share.parts.size(), 2U);
        EXPECT_EQ(share.parts[0].span.count % 12, 0);
        EXPECT_EQ(share.parts[1].span.count % (12 / sharing), 0);
        EXPECT_EQ(timesSeen(share, list, sharing),
                  std::vector<int>(static_cast<std::size_t>(elementsOf(list)), 1))
            << sharing;
    }
}

TEST(ParameterShare, InUnitsHasAPartForWhatIsUsedTogether) {
    const std::vector<ParameterSpec> list = someParameters();
    const ParameterShare share = parameterShare(list, {.ranks = 4, .sharing = 2}, true);
    std::vector<std::pair<int, bool>> parts;
    std::int64_t end = 0;
    for (const SharePart& part : share.parts) {
        EXPECT_EQ(part.span.begin, end);
        end += part.span.count;
        EXPECT_EQ(part.span.count % (part.experts ? 2 : 4), 0);
        parts.emplace_back(part.unit, part.experts);
        for (const ParameterSpec& spec : share.list) {
            if (spec.offset < part.span.begin || spec.offset >= end) continue;
            const std::string layer = "layers." + std::to_string(part.unit - layerUnit(0)) + ".";
            if (part.unit == embeddingUnit)
                EXPECT_TRUE(isOfEmbedding(spec)) << spec.name;
            else if (part.unit == headUnit(3))
                EXPECT_TRUE(spec.name == "norm.gain" || spec.name == "head.weight") << spec.name;
            else
                EXPECT_TRUE(spec.name.starts_with(layer)) << spec.name;
        }
    }
    EXPECT_EQ(
        parts,
        (std::vector<std::pair<int, bool>>{
            {0, false}, {1, false}, {2, false}, {2, true}, {3, false}, {3, true}, {4, false}}));
    EXPECT_EQ(timesSeen(share, list, 2),
              std::vector<int>(static_cast<std::size_t>(elementsOf(list)), 1));
}

// Slices of a buffer begin anywhere.
TEST(ParameterShare, FindsPartsOfAnyCut) {
    const std::vector<ParameterSpec> list = someParameters();
    const ParameterShare share = parameterShare(list, {.ranks = 2, .sharing = 2});
    std::vector<std::int64_t> whole(static_cast<std::size_t>(share.elements()), -1);
    std::vector<std::int64_t> cut = whole;
    const auto into = [](std::vector<std::int64_t>& places) {
        return [&places](std::int64_t own, std::int64_t among, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i)
                places[static_cast<std::size_t>(own + i)] = among + i;
        };
    };
    forEachPart(share, list, 1, {0, share.elements()}, into(whole));
    for (std::int64_t begin = 0; begin < share.elements(); begin += 7)
        forEachPart(share, list, 1, {begin, 7}, into(cut));
    EXPECT_EQ(cut, whole);
}

}  // namespace
}  // namespace ringscope
