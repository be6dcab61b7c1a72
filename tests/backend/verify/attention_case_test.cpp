#include "backend/verify/attention_case.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

std::string problemWith(Result<void> (*read)(std::string_view, AttentionCase&),
                        std::string_view text) {
    AttentionCase problem;
    const Result<void> result = read(text, problem);
    return result.ok() ? "" : result.error().message;
}

TEST(AttentionCase, ReadsAShapeInAnyOrderAndKeepsWhatIsLeftOut) {
    AttentionCase problem;
    ASSERT_TRUE(readShape("D=128, hq=5,Hk=5,S=3824", problem).ok());
    EXPECT_EQ(problem.batch, 1);
    EXPECT_EQ(problem.tokens, 3824);
    EXPECT_EQ(problem.heads, 5);
    EXPECT_EQ(problem.kvHeads, 5);
    EXPECT_EQ(problem.headDim, 128);
}

TEST(AttentionCase, SaysWhichPartOfAShapeIsWrong) {
    EXPECT_EQ(problemWith(readShape, "B=1,T=4"),
              "--shape: 'T=4' is none of B=, S=, Hq=, Hk=, D=; write B=1,S=3824,Hq=5,Hk=5,D=128");
    EXPECT_EQ(problemWith(readShape, "S=many"),
              "--shape: S is a whole number from 1 to 4294967296; got 'many'");
    EXPECT_EQ(problemWith(readShape, "D=0"),
              "--shape: D is a whole number from 1 to 1024; got '0'");
    EXPECT_EQ(problemWith(readShape, "S=99999999999999999999"),
              "--shape: S is a whole number from 1 to 4294967296; got '99999999999999999999'");
    for (const char* text : {"", ",", "S", "=4", "S=4;D=8", "S=4 8", "S=0x10"})
        EXPECT_NE(problemWith(readShape, text), "") << text;
}

TEST(AttentionCase, NamesTheNearestLegalNumberOfKeyHeads) {
    AttentionCase problem{.heads = 8, .kvHeads = 3};
    EXPECT_EQ(checkCase(problem).error().message,
              "--shape: Hk divides Hq; 3 does not divide 8, use 2 or 4");
    problem = {.heads = 5, .kvHeads = 2};
    EXPECT_EQ(checkCase(problem).error().message,
              "--shape: Hk divides Hq; 2 does not divide 5, use 1 or 5");
    problem = {.heads = 4, .kvHeads = 8};
    EXPECT_EQ(checkCase(problem).error().message,
              "--shape: Hk divides Hq; 8 does not divide 4, use 4");
}

TEST(AttentionCase, ReadsWindowsAndRefusesOthersWithTheirGrammar) {
    AttentionCase problem;
    ASSERT_TRUE(readWindow("512,-1", problem).ok());
    EXPECT_EQ(problem.window, (AttentionWindow{512, unlimited}));
    for (const char* text : {"", "512", "1,2,3", "a,b", "-2,0", "1,,2"})
        EXPECT_EQ(problemWith(readWindow, text),
                  "--window: write LEFT,RIGHT, how many keys a query sees on each side (-1: all); "
                  "got '" +
                      std::string(text) + "'");
}

TEST(AttentionCase, ReadsLatentsAndHoldsThemAgainstTheHeads) {
    AttentionCase problem{.heads = 4, .kvHeads = 2, .headDim = 24};
    ASSERT_TRUE(readLatent("32,8", problem).ok());
    EXPECT_EQ(problem.latent, (LatentCase{.columns = 32, .rotary = 8}));
    EXPECT_EQ(problem.kvHeads, 4);
    EXPECT_TRUE(checkCase(problem).ok());
    EXPECT_EQ(caseFromJson(toJson(problem)), problem);
    for (const char* text : {"", "512", "1,2,3", "a,b", "0,8"})
        EXPECT_EQ(problemWith(readLatent, text),
                  "--mla: write the columns of a latent and those of the rotary key, as in 512,64; "
                  "got '" +
                      std::string(text) + "'");
    problem.latent->rotary = 24;
    EXPECT_EQ(checkCase(problem).error().message,
              "--mla: a latent has up to 8192 columns and the rotary key fewer than D, 24; got "
              "32,24");
    problem.latent->rotary = 8;
    problem.kvHeads = 2;
    EXPECT_EQ(checkCase(problem).error().message,
              "--mla: each query head has a key head; write Hk=4");
}

TEST(AttentionCase, HoldsDocumentsAgainstTheSequence) {
    AttentionCase problem{.tokens = 8};
    ASSERT_TRUE(readDocuments("0,3,4,8", problem).ok());
    EXPECT_TRUE(checkCase(problem).ok());
    EXPECT_EQ(documentOfToken(problem), (std::vector<std::int64_t>{0, 0, 0, 1, 2, 2, 2, 2}));
    problem.tokens = 9;
    EXPECT_EQ(checkCase(problem).error().message,
              "--docs: the last boundary is the number of tokens, 9; got 8");
    problem.documents = {1, 9};
    EXPECT_EQ(checkCase(problem).error().message, "--docs: the first boundary is 0; got 1");
    problem.documents = {0, 5, 5, 9};
    EXPECT_EQ(checkCase(problem).error().message, "--docs: boundaries ascend; 5 is followed by 5");
    EXPECT_NE(problemWith(readDocuments, "0,x"), "");
}

TEST(AttentionCase, RefusesNumbersWithoutMeaning) {
    EXPECT_FALSE(checkCase({.dropout = 1.0}).ok());
    EXPECT_FALSE(checkCase({.dropout = -0.1}).ok());
    AttentionCase problem;
    problem.softcap = 0.0;
    EXPECT_EQ(checkCase(problem).error().message,
              "--softcap: write a number from 0.001 to 1000000; got 0");
    EXPECT_EQ(problemWith(readType, "float32"),
              "--dtype: 'float32' is not known; use one of fp32, bf16, fp16, fp64");
}

TEST(AttentionCase, TakesFieldsOfItsPatternAndTravelsWithThem) {
    AttentionCase problem;
    ASSERT_TRUE(readPattern("dilated", problem).ok());
    ASSERT_TRUE(readPatternSetting("attention.pattern.segments=[64, 1024]", problem).ok());
    ASSERT_TRUE(readPatternSetting("attention.pattern.rates = [1, 4]", problem).ok());
    ASSERT_TRUE(checkCase(problem).ok());
    EXPECT_EQ(caseFromJson(toJson(problem)), problem);
    EXPECT_EQ(problemWith(readPatternSetting, "attention.pattern.rates=[0]"),
              "--set: attention.pattern.rates: expected a list of integers like [1, 2], each 1 to "
              "67,108,864; got '[0]'");
    ASSERT_TRUE(readPatternSetting("attention.pattern.rates=[2, 4]", problem).ok());
    EXPECT_FALSE(checkCase(problem).ok());
    EXPECT_EQ(caseFromJson(toJson(problem)), std::nullopt);
}

TEST(AttentionCase, TravelsAsJsonUnchanged) {
    AttentionCase problem{.batch = 2,
                          .tokens = 40,
                          .heads = 6,
                          .kvHeads = 3,
                          .headDim = 16,
                          .causal = false,
                          .window = AttentionWindow{4, unlimited},
                          .documents = {0, 7, 40},
                          .scale = 0.25,
                          .softcap = 30.0,
                          .alibi = true,
                          .dropout = 0.1,
                          .type = NumberFormat::Bf16,
                          .seed = 7};
    EXPECT_EQ(caseFromJson(toJson(problem)), problem);
    EXPECT_EQ(caseFromJson(toJson(AttentionCase{})), AttentionCase{});
    for (const char* name : {"S", "Hk", "window", "dtype", "causal"}) {
        nlohmann::json without = toJson(problem);
        without.erase(name);
        EXPECT_FALSE(caseFromJson(without).has_value()) << name;
    }
    nlohmann::json none = toJson(problem);
    none["Hk"] = 0;
    EXPECT_FALSE(caseFromJson(none).has_value());
    EXPECT_FALSE(caseFromJson(nlohmann::json(3)).has_value());
}

}  // namespace
}  // namespace ringscope
