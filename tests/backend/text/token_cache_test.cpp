#include "backend/text/token_cache.h"

#include "backend/text/token_text.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <atomic>
#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TokenCacheTest : public ::testing::Test {
protected:
    TokenCacheTest() {
        std::ofstream(folder_.path() / "a.txt") << "Two mills stand by the river.\n\nOne grinds.";
        config.data.source = (folder_.path() / "a.txt").string();
        config.data.tokenizer = "char";
        options.cache = cache();
        options.leastCached = 1;
    }
    TokenCache cache(std::int64_t most = mostBytesOfTokens) const {
        return TokenCache(folder_.path() / "cache" / "tokens", most);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(cache().folder()))
            names.push_back(entry.path().filename().string());
        return names;
    }
    // Opens the text; says how it was read.
    std::string opens() {
        bool made = false;
        options.progress = [&](const ReadingProgress&) { return made = true; };
        const Result<TokenText> text = TokenText::open(config, options);
        EXPECT_TRUE(text.ok()) << text.error().message;
        hash = text->facts().hash;
        return made ? "made" : "found";
    }

    test::TemporaryFolder folder_;
    RunConfig config;
    ReadingOptions options;
    std::string hash;
};

TEST_F(TokenCacheTest, KeepsTokensUnderWhatTheyWereMadeOf) {
    EXPECT_EQ(opens(), "made");
    const std::string first = hash;
    EXPECT_EQ(opens(), "found");
    EXPECT_EQ(hash, first);
    EXPECT_EQ(files().size(), 1U);
    config.data.packing = true;
    EXPECT_EQ(opens(), "made");
    config.data.tokenizer = "byte";
    EXPECT_EQ(opens(), "made");
    config.train.seed = 9;  // decides which tokens are taken, not which there are
    config.data.validation = 0.1;
    EXPECT_EQ(opens(), "found");
    std::ofstream(folder_.path() / "a.txt", std::ios::app) << " The other waits.";
    EXPECT_EQ(opens(), "made");
    EXPECT_NE(hash, first);
}

TEST_F(TokenCacheTest, MakesDamagedTokensAgain) {
    EXPECT_EQ(opens(), "made");
    const std::string first = hash;
    const fs::path file = cache().entries().front().file;
    const auto size = fs::file_size(file);
    for (std::uintmax_t at : {std::uintmax_t{0}, size / 3, size / 2, size - 30, size - 1}) {
        {
            std::fstream change(file, std::ios::in | std::ios::out | std::ios::binary);
            change.seekg(static_cast<std::streamoff>(at));
            const char before = static_cast<char>(change.get());
            change.seekp(static_cast<std::streamoff>(at));
            change.put(static_cast<char>(before ^ 4));
        }
        EXPECT_EQ(opens(), "made") << "byte " << at;
        EXPECT_EQ(hash, first);
    }
    for (std::uintmax_t left : {std::uintmax_t{0}, std::uintmax_t{8}, size / 2, size - 8}) {
        fs::resize_file(file, left);
        EXPECT_EQ(opens(), "made") << left << " bytes";
    }
    EXPECT_EQ(opens(), "found");
}

TEST_F(TokenCacheTest, RemovesWhatAKilledMakerLeft) {
    EXPECT_EQ(opens(), "made");
    const fs::path file = cache().entries().front().file;
    fs::remove(file);
    std::ofstream(file.string() + ".0f3a22b1") << "half of the tokens";
    std::ofstream(file.string() + ".lock") << "";
    EXPECT_EQ(opens(), "made");
    EXPECT_EQ(files(), std::vector{file.filename().string()});
}

TEST_F(TokenCacheTest, IsMadeOnceByManyAtATime) {
    std::atomic<int> makers = 0;
    std::atomic<int> whole = 0;
    const TokenCache::Making making{.isWhole = [](const fs::path&) { return true; },
                                    .make = [&](std::ostream& out) -> Result<void> {
                                        ++makers;
                                        out << "tokens";
                                        return {};
                                    },
                                    .wait = [] { return Result<void>(); }};
    {
        std::vector<std::jthread> ranks;
        for (int rank = 0; rank < 8; ++rank)
            ranks.emplace_back([&] { whole += cache().file("key", making).ok() ? 1 : 0; });
    }
    EXPECT_EQ(makers, 1);
    EXPECT_EQ(whole, 8);
    EXPECT_EQ(files(), std::vector<std::string>{"key.tokens"});
}

TEST_F(TokenCacheTest, LeavesNothingWhereMakingFails) {
    std::ofstream(folder_.path() / "b.jsonl") << "{\"text\": \"mill\"}\n{\"text\": \n";
    config.data.source = (folder_.path() / "b.jsonl").string();
    config.data.tokenizer = "byte";
    const Result<TokenText> text = TokenText::open(config, options);
    ASSERT_FALSE(text.ok());
    EXPECT_THAT(text.error().message, HasSubstr("b.jsonl:2:10: "));
    EXPECT_EQ(files(), std::vector<std::string>{});
    options.progress = [](const ReadingProgress&) { return false; };
    config.data.source = (folder_.path() / "a.txt").string();
    EXPECT_EQ(TokenText::open(config, options).error().code, ErrorCode::Cancelled);
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(TokenCacheTest, IsDoneWithoutWhereItsFolderCannotBeUsed) {
    std::ofstream(folder_.path() / "cache") << "a file";
    const Result<TokenText> text = TokenText::open(config, options);
    ASSERT_TRUE(text.ok()) << text.error().message;
    ASSERT_EQ(text->facts().remarks.size(), 1U);
    EXPECT_THAT(text->facts().remarks.front(),
                HasSubstr("tokens are not kept for the next run: cannot make the folder"));
}

TEST_F(TokenCacheTest, ForgetsWhatWasNotUsedForLongest) {
    const auto file = [&](const std::string& key, const TokenCache& of) {
        return of
            .file(key, {.isWhole = [](const fs::path&) { return true; },
                        .make = [](std::ostream& out) -> Result<void> {
                            out << std::string(100, 'x');
                            return {};
                        },
                        .wait = [] { return Result<void>(); }})
            .ok();
    };
    for (const char* key : {"a", "b", "c"}) EXPECT_TRUE(file(key, cache()));
    using Clock = fs::file_time_type::clock;
    fs::last_write_time(cache().fileOf("b"), Clock::now() - std::chrono::hours(2));
    EXPECT_TRUE(file("d", cache(350)));
    EXPECT_FALSE(fs::exists(cache().fileOf("b")));
    EXPECT_EQ(files().size(), 3U);
    EXPECT_TRUE(file("e", cache(50)));  // what was just made stays
    EXPECT_EQ(files(), std::vector<std::string>{"e.tokens"});
    EXPECT_EQ(cache().clear().value(), 100);
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST(TokenFile, HoldsIdsOfAnySizeAndWhichAreLearned) {
    for (const int bytes : {1, 2, 4, 8}) {
        for (const bool answers : {false, true}) {
            std::ostringstream out;
            TokenFileWriter writer(out, bytes, answers);
            writer.add(std::vector<std::int64_t>{1, 200, 7}, {true, false, true});
            writer.add(std::vector<std::int64_t>{9}, {false});
            writer.finish(3, {"a remark"});
            const std::string file = out.str();
            const Result<TokenParts> parts = readTokenParts(file);
            ASSERT_TRUE(parts.ok()) << parts.error().message;
            EXPECT_EQ(parts->facts.documents, 2);
            EXPECT_EQ(parts->facts.most, 200);
            EXPECT_EQ(parts->facts.labelled, answers ? 2 : 4);
            EXPECT_EQ(parts->facts.padding, 3);
            for (std::size_t cut = 0; cut < file.size(); ++cut)
                EXPECT_FALSE(readTokenParts(std::string_view(file).substr(0, cut)).ok()) << cut;
        }
    }
}

}  // namespace
}  // namespace ringscope
