// The folder a dump leaves, and results that are put together from shares.
#include "kernels/verify/tensor_dump.h"

#include "backend/core/files.h"
#include "backend/model/npy.h"
#include "backend/plan/mode_table.h"
#include "tests/support/program.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

CaseResults resultsLike(const CaseInputs& inputs) {
    return {inputs.q, inputs.q.select(3, 0).clone(), inputs.dOut, inputs.k, inputs.v};
}

std::string bytesOf(const at::Tensor& tensor) {
    const at::Tensor values = tensor.contiguous();
    return {static_cast<const char*>(values.const_data_ptr()), values.nbytes()};
}

TEST(TensorDump, HoldsEveryArrayInTokenOrder) {
    const AttentionCase problem{.batch = 2, .tokens = 6, .heads = 4, .kvHeads = 2, .headDim = 3};
    const test::TemporaryFolder folder;
    const CaseInputs inputs = makeInputs(problem, allTokens(problem));
    const CaseResults results = resultsLike(inputs);
    ASSERT_TRUE(dumpWhole(folder.path(), inputs, results).ok());
    EXPECT_EQ(readFile(folder.path() / "k.npy").value(),
              npyHeader("<f4", {2, 6, 2, 3}) + bytesOf(inputs.k));
    EXPECT_EQ(readFile(folder.path() / "lse.npy").value(),
              npyHeader("<f4", {2, 4, 6}) + bytesOf(results.lse.transpose(1, 2)));
    for (const char* name : {"q", "k", "v", "dout", "out", "lse", "dq", "dk", "dv"})
        EXPECT_TRUE(std::filesystem::exists(folder.path() / (std::string(name) + ".npy"))) << name;
    EXPECT_FALSE(dumpWhole(folder.path(), inputs, results).ok()) << "nothing is overwritten";
}

TEST(TensorDump, WritesBf16AsTheSameNumbersInFp32) {
    AttentionCase problem{.tokens = 4, .heads = 1, .kvHeads = 1, .headDim = 2};
    problem.type = NumberFormat::Bf16;
    const test::TemporaryFolder folder;
    const CaseInputs inputs = makeInputs(problem, allTokens(problem));
    ASSERT_TRUE(dumpWhole(folder.path(), inputs, resultsLike(inputs)).ok());
    EXPECT_EQ(readFile(folder.path() / "q.npy").value(),
              npyHeader("<f4", {1, 4, 1, 2}) + bytesOf(inputs.q.to(at::kFloat)));
}

TEST(TensorDump, SaysWhichTokensARankHolds) {
    const AttentionCase problem{.tokens = 8, .heads = 2, .kvHeads = 2, .headDim = 2};
    const Schedule schedule =
        findMode("zigzag")->schedule({.ranks = 2, .tokens = 8, .heads = 2, .kvHeads = 2}).value();
    const test::TemporaryFolder folder;
    const CaseInputs share = inputsOfRank(problem, schedule, 0);
    ASSERT_TRUE(dumpRank(folder.path(), problem, schedule, 0, resultsLike(share)).ok());
    const auto own = folder.path() / "rank-00";
    EXPECT_EQ(readFile(own / "tokens.npy").value(),
              npyHeader("<i8", {4}) + bytesOf(at::tensor({0, 1, 6, 7}, at::kLong)));
    EXPECT_EQ(readFile(own / "v.npy").value(), npyHeader("<f4", {1, 4, 2, 2}) + bytesOf(share.v));
    EXPECT_FALSE(std::filesystem::exists(own / "lse_tokens.npy"));
}

TEST(LsePlace, IsTheWholeSequenceAndAShareOfHeadsAfterAnAllToAll) {
    const AttentionCase problem{.tokens = 8, .heads = 4, .kvHeads = 4, .headDim = 2};
    const AttentionShape shape{.ranks = 2, .tokens = 8, .heads = 4, .kvHeads = 4};
    const LsePlace split = lsePlace(findMode("ulysses")->schedule(shape).value(), 1);
    EXPECT_EQ(split.tokens, allTokens(problem));
    EXPECT_EQ(split.firstHead, 2);
    const LsePlace own = lsePlace(findMode("ring")->schedule(shape).value(), 1);
    EXPECT_EQ(own.tokens, (std::vector<TokenSpan>{{4, 8}}));
    EXPECT_EQ(own.firstHead, 0);
}

}  // namespace
}  // namespace ringscope
