#include "backend/text/pair_loss.h"

#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <string>

namespace ringscope {
namespace {

class PairLoss : public ::testing::Test {
protected:
    std::optional<double> ofText(const std::string& text, double validation) const {
        const auto file = folder_.path() / "some.txt";
        std::ofstream(file) << text;
        RunConfig config;
        config.data.source = file.string();
        config.data.validation = validation;
        config.train.seqLen = 16;
        return pairLoss(Sequences::make(TokenText::open(config).value(), config).value());
    }

    test::TemporaryFolder folder_;
};

// "ab" ten times is trained on, "abab" is kept out: ab ba ab. ab is seen 10 times of 10, ba 9 of 9.
// The least k is best, and p(a) = 10/21, p(b) = 11/21.
TEST_F(PairLoss, IsThatOfThePairsThatWereCounted) {
    const double k = 1.0 / 64;
    const double ab = (10 + k * 11 / 21) / (10 + k);
    const double ba = (9 + k * 10 / 21) / (9 + k);
    std::string text;
    for (int i = 0; i < 12; ++i) text += "ab";
    EXPECT_NEAR(ofText(text, 4.0 / 24).value(), -(2 * std::log(ab) + std::log(ba)) / 3, 1e-12);
}

TEST_F(PairLoss, OfLettersWithoutOrderIsTheirEntropy) {
    std::mt19937 random(1);
    std::string text;
    for (int i = 0; i < 40'000; ++i) text += static_cast<char>('a' + random() % 8);
    EXPECT_NEAR(ofText(text, 0.1).value(), std::log(8), 0.01);
}

// "cb" is kept out. b is the second of 9 of 17 pairs, and of a and b there are two kinds.
TEST_F(PairLoss, OfANewPairIsThatOfItsSecondToken) {
    EXPECT_NEAR(ofText("abababababababababcb", 2.0 / 20).value(), -std::log((9 + 1.0) / (17 + 2)),
                1e-12);
}

TEST_F(PairLoss, IsNoneWhereNothingIsKeptOut) { EXPECT_FALSE(ofText("abababab", 0).has_value()); }

TEST_F(PairLoss, IsNoneOfAnswers) {
    const auto file = folder_.path() / "some.jsonl";
    std::ofstream out(file);
    for (int i = 0; i < 8; ++i) out << R"({"prompt": "a", "completion": "b"})" << '\n';
    out.close();
    RunConfig config;
    config.data.source = file.string();
    config.data.validation = 0.5;
    config.train.task = TrainTask::Sft;
    config.train.seqLen = 16;
    EXPECT_FALSE(
        pairLoss(Sequences::make(TokenText::open(config).value(), config).value()).has_value());
}

}  // namespace
}  // namespace ringscope
