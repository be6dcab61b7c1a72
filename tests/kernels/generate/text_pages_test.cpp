#include "kernels/generate/text_pages.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

TEST(TextPages, LieWhereTheirPagesDo) {
    EXPECT_THAT(slotsOf({7, 2}, {3, 20}),
                ElementsAre(SlotStretch{115, 3, 13}, SlotStretch{32, 16, 4}));
    EXPECT_THAT(slotsOf({4, 5, 6}, {0, 48}), ElementsAre(SlotStretch{64, 0, 48}));
    EXPECT_THAT(slotsOf({4}, {5, 5}), ElementsAre());
}

// Three pages, of which token 48 takes the first one again.
TEST(TextPages, AreUsedInTurn) {
    EXPECT_THAT(slotsOf({4, 5, 6}, {33, 50}),
                ElementsAre(SlotStretch{97, 33, 15}, SlotStretch{64, 48, 2}));
}

TEST(TokenDeal, GivesEachTokenToOneRankAndCountsOnThere) {
    for (const int ranks : {1, 2, 3, 5}) {
        std::vector<std::int64_t> next(static_cast<std::size_t>(ranks), 0);
        for (std::int64_t token = 0; token < 40; ++token) {
            int owners = 0;
            for (int rank = 0; rank < ranks; ++rank) {
                const TokenDeal deal{rank, ranks};
                const TokenSpan own = deal.own({token, token + 1});
                if (own.size() == 0) continue;
                ++owners;
                EXPECT_EQ(own.begin, next[static_cast<std::size_t>(rank)]++);
                EXPECT_EQ(deal.from(own.begin), (TokenRun{token, ranks}));
                EXPECT_LE(next[static_cast<std::size_t>(rank)], deal.most(token + 1));
            }
            EXPECT_EQ(owners, 1) << ranks << " ranks, token " << token;
        }
    }
}

TEST(PageNames, AreOfAllTokensUpToTheirEnd) {
    std::vector<std::int64_t> text(48, 7);
    const auto whole = pageNames(text, 16);
    ASSERT_EQ(whole.size(), 2U) << "of the third page no token is behind it";
    EXPECT_NE(whole[0], whole[1]);
    text.push_back(7);
    EXPECT_EQ(pageNames(text, 16).size(), 3U);
    EXPECT_EQ(pageNames(text, 32).size(), 1U);
    text[40] = 8;
    EXPECT_EQ(pageNames(text, 16)[1], whole[1]);
    text[3] = 8;
    EXPECT_NE(pageNames(text, 16)[1], whole[1]) << "its own tokens are the same";
    EXPECT_TRUE(pageNames({}, 16).empty());
}

TEST(PagePool, KeepsNamedPagesUntilTheirRoomIsNeeded) {
    PagePool pool(4);
    const auto first = *pool.take(3);
    pool.name(first[0], "a");
    pool.name(first[1], "ab");
    EXPECT_EQ(pool.hold({"a", "ax"}), std::vector<std::int64_t>{first[0]}) << "a second text";
    pool.giveBack(first);
    EXPECT_EQ(pool.free(), 3) << "the second text holds one still";
    EXPECT_EQ(pool.kept(), 1);
    pool.giveBack({first[0]});
    EXPECT_EQ(pool.kept(), 2);
    EXPECT_EQ(pool.free(), 4);

    EXPECT_TRUE(pool.take(2)) << "the empty ones";
    EXPECT_EQ(pool.kept(), 2);
    EXPECT_TRUE(pool.take(1)) << "the one that was given back first";
    EXPECT_EQ(pool.hold({"a", "ab"}), std::vector<std::int64_t>{first[0]});
    EXPECT_FALSE(pool.take(1)) << "what a text holds is not taken";
    EXPECT_EQ(pool.free(), 0);
}

TEST(PagePool, GivesANameToOnePage) {
    PagePool pool(2);
    const auto pages = *pool.take(2);
    pool.name(pages[0], "a");
    pool.name(pages[1], "a");  // read at the same time
    pool.giveBack(pages);
    EXPECT_EQ(pool.kept(), 1);
    EXPECT_EQ(pool.hold({"a"}), std::vector<std::int64_t>{pages[0]});
}

// Texts of few tokens, so that many begin alike, in a cache that is always too small for all that
// could be kept. What a page holds is told by its content, which only its own text writes.
TEST(PagePool, NeverGivesAPageAnotherContentWhereTextsComeAndGo) {
    constexpr std::int64_t perPage = 2;
    std::mt19937 draw(7);
    PagePool pool(24);
    std::vector<std::string> content(24);
    struct Text {
        std::vector<std::int64_t> pages;
        std::vector<std::string> names;
    };
    std::vector<Text> texts;
    std::int64_t found = 0;
    std::int64_t refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        if (!texts.empty() && draw() % 3 == 0) {
            const auto one = texts.begin() + static_cast<std::ptrdiff_t>(draw() % texts.size());
            for (std::size_t i = 0; i < one->names.size(); ++i)
                ASSERT_EQ(content[static_cast<std::size_t>(one->pages[i])], one->names[i]);
            pool.giveBack(one->pages);
            texts.erase(one);
        }
        std::vector<std::int64_t> tokens(1 + draw() % 11);
        for (std::int64_t& token : tokens) token = static_cast<std::int64_t>(draw() % 2);
        Text text{.pages = {}, .names = pageNames(tokens, perPage)};
        text.pages = pool.hold(text.names);
        for (std::size_t i = 0; i < text.pages.size(); ++i)
            ASSERT_EQ(content[static_cast<std::size_t>(text.pages[i])], text.names[i]);
        const std::size_t held = text.pages.size();
        const auto more = pool.take((std::ssize(tokens) + perPage - 1) / perPage + 1 -
                                    static_cast<std::int64_t>(held));
        if (!more) {
            ++refused;
            pool.giveBack(text.pages);
            continue;
        }
        found += static_cast<std::int64_t>(held);
        text.pages.insert(text.pages.end(), more->begin(), more->end());
        for (const std::int64_t page : *more) content[static_cast<std::size_t>(page)] = "";
        for (std::size_t i = held; i < text.names.size(); ++i) {
            content[static_cast<std::size_t>(text.pages[i])] = text.names[i];
            pool.name(text.pages[i], text.names[i]);
        }
        texts.push_back(std::move(text));
        std::set<std::int64_t> in;
        for (const Text& each : texts) in.insert(each.pages.begin(), each.pages.end());
        ASSERT_EQ(pool.free() + std::ssize(in), pool.pages());
    }
    EXPECT_GT(found, 1'000);
    EXPECT_GT(refused, 1'000);
    for (const Text& each : texts) pool.giveBack(each.pages);
    EXPECT_EQ(pool.free(), 24);
}

TEST(PagePool, GivesAllThatIsAskedForOrNothing) {
    PagePool pool(3);
    const auto two = pool.take(2);
    ASSERT_TRUE(two);
    EXPECT_THAT(*two, ElementsAre(0, 1));
    EXPECT_FALSE(pool.take(2));
    EXPECT_EQ(pool.free(), 1);
    pool.giveBack(*two);
    EXPECT_EQ(pool.free(), 3);
    EXPECT_EQ(pool.take(3)->size(), 3U);
}

}  // namespace
}  // namespace ringscope
