#include "backend/model/parameter_share.h"

#include <gtest/gtest.h>

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

TEST(ParameterShare, OfOneRankIsTheListItself) {
    const std::vector<ParameterSpec> list = someParameters();
    const ParameterShare share = parameterShare(list, {.ranks = 4, .sharing = 1});
    EXPECT_EQ(share.list, list);
    EXPECT_EQ(share.commonScalars, elementsOf(list));
    EXPECT_EQ(share.experts.count, 0);
    EXPECT_EQ(share.elements() % 4, 0);
}

TEST(ParameterShare, HoldsEachParameterOnceOverTheRanksThatShare) {
    const std::vector<ParameterSpec> list = someParameters();
    for (const int sharing : {2, 3, 6}) {
        const ParameterShare share = parameterShare(list, {.ranks = 12, .sharing = sharing});
        EXPECT_EQ(share.common.count % 12, 0);
        EXPECT_EQ(share.experts.count % (12 / sharing), 0);
        std::vector<int> seen(static_cast<std::size_t>(elementsOf(list)));
        for (int place = 0; place < sharing; ++place)
            for (const BufferPart& part : {share.common, share.experts}) {
                if (place > 0 && part.begin == 0) continue;  // all hold the same
                forEachPart(share, list, place, part,
                            [&](std::int64_t, std::int64_t among, std::int64_t count) {
                                for (std::int64_t i = 0; i < count; ++i)
                                    ++seen[static_cast<std::size_t>(among + i)];
                            });
            }
        EXPECT_EQ(seen, std::vector<int>(seen.size(), 1)) << sharing;
    }
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
