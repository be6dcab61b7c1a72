#include "kernels/generate/slot_ring.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

TEST(SlotRing, PutsTokensIntoOneSlotAfterAnother) {
    SlotRing ring(8);
    EXPECT_THAT(ring.put({0, 1, 2}), ElementsAre(SlotCopy{0, 3, 0}));
    EXPECT_THAT(ring.put({3}), ElementsAre(SlotCopy{0, 1, 3}));
    EXPECT_THAT(ring.held({0, 4}, true), ElementsAre(SlotRun{{0, 4}, {0, 1}}));
}

TEST(SlotRing, GivesTheOldestTokensSlotToANewOne) {
    SlotRing ring(4);
    EXPECT_THAT(ring.put({0, 1, 2, 3, 4, 5}), ElementsAre(SlotCopy{2, 2, 2}, SlotCopy{4, 2, 0}));
    EXPECT_THAT(ring.held({2, 6}, true),
                ElementsAre(SlotRun{{2, 4}, {2, 1}}, SlotRun{{0, 2}, {4, 1}}));
    EXPECT_THAT(ring.put({6}), ElementsAre(SlotCopy{0, 1, 2}));
    EXPECT_THAT(ring.held({3, 7}, true),
                ElementsAre(SlotRun{{3, 4}, {3, 1}}, SlotRun{{0, 3}, {4, 1}}));
}

TEST(SlotRing, MakesOneRunOfNeighboursWhereTheirNumbersDoNotMatter) {
    SlotRing ring(8);
    ring.put({0, 1, 6, 7});  // zigzag's first rank of two
    ring.put({8});
    ring.put({10});
    EXPECT_THAT(
        ring.held({0, 11}, true),
        ElementsAre(SlotRun{{0, 2}, {0, 1}}, SlotRun{{2, 5}, {6, 1}}, SlotRun{{5, 6}, {10, 1}}));
    EXPECT_THAT(ring.held({0, 11}, false), ElementsAre(SlotRun{{0, 6}, {}}));
}

// Whatever comes: what is held of a window are its tokens, each in the slot it was put into.
TEST(SlotRing, HoldsWhatAWindowSees) {
    for (const std::int64_t slots : {1, 3, 5, 16}) {
        for (const std::int64_t stride : {1, 2, 3}) {
            SlotRing ring(slots);
            std::vector<std::int64_t> inSlot(static_cast<std::size_t>(slots), -1);
            for (std::int64_t token = 0; token < 40; token += stride) {
                for (const SlotCopy& copy : ring.put({token}))
                    inSlot[static_cast<std::size_t>(copy.slot)] = token;
                std::vector<std::int64_t> wanted;
                const TokenSpan seen{token - slots + 1, token + 1};
                for (const std::int64_t held : inSlot)
                    if (held >= seen.begin && held >= 0) wanted.push_back(held);
                std::ranges::sort(wanted);
                std::vector<std::int64_t> found;
                for (const SlotRun& run : ring.held(seen, true))
                    for (std::int64_t row = 0; row < run.slots.size(); ++row) {
                        found.push_back(run.tokens.at(row));
                        EXPECT_EQ(inSlot[static_cast<std::size_t>(run.slots.begin + row)],
                                  run.tokens.at(row));
                    }
                EXPECT_EQ(found, wanted) << slots << ' ' << stride << ' ' << token;
            }
        }
    }
}

}  // namespace
}  // namespace ringscope
