#include "backend/verify/memory_needed.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

VerifyRequest requestOf(std::int64_t tokens, std::int64_t heads, std::int64_t kvHeads,
                        NumberFormat type, int ranks = 2) {
    VerifyRequest request{.modes = {"ring"}, .ranks = ranks};
    request.problem.tokens = tokens;
    request.problem.heads = heads;
    request.problem.kvHeads = kvHeads;
    request.problem.type = type;
    return request;
}

struct Measured {
    VerifyRequest request;
    std::int64_t peak;  // tensors of rank 0, as `ringscope verify --json` said
};

// Ranks on one machine, head dimension 64, window 64 or 256.
const std::vector<Measured>& measuredRows() {
    static const std::vector<Measured> rows = {
        {requestOf(2048, 8, 4, NumberFormat::Fp32), 101'158'912},
        {requestOf(4096, 8, 4, NumberFormat::Fp32), 202'317'824},
        {requestOf(4096, 8, 8, NumberFormat::Fp32), 252'649'472},
        {requestOf(4096, 8, 1, NumberFormat::Fp32), 164'569'088},
        {requestOf(4096, 8, 4, NumberFormat::Bf16), 143'597'568},
        {requestOf(4096, 8, 8, NumberFormat::Bf16), 177'152'000},
        {requestOf(4096, 8, 4, NumberFormat::Fp64), 303'374'336},
        {requestOf(4096, 8, 1, NumberFormat::Fp64), 240'459'776},
        {requestOf(16384, 8, 8, NumberFormat::Fp32, 4), 816'873'472},
    };
    return rows;
}

// Without what processes take that no tensor is in.
std::int64_t ofTensors(const VerifyRequest& request) {
    VerifyRequest nothing = request;
    nothing.problem.tokens = 0;
    return leastMemory(request).count - leastMemory(nothing).count;
}

TEST(MemoryNeeded, IsWhatRanksWereSeenToTakeAndNotMore) {
    for (const Measured& row : measuredRows()) {
        const double share =
            static_cast<double>(ofTensors(row.request)) / static_cast<double>(row.peak);
        // The other ranks are in the sum and not in the measured peak of rank 0.
        EXPECT_LT(share, 1.3) << row.peak;
        EXPECT_GT(share, 0.75) << row.peak;
    }
}

TEST(MemoryNeeded, IsRefusedWhereItCannotFitWithALengthThatDoes) {
    const VerifyRequest million = requestOf(1'048'576, 8, 4, NumberFormat::Fp32);
    const Result<void> refused = checkMemory(million, Bytes{std::int64_t{20} << 30});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("for 1,048,576 tokens on 2 ranks"));
    EXPECT_THAT(refused.error().message, HasSubstr("20.0 GiB are free here; S=262144 fits"));
    EXPECT_TRUE(
        checkMemory(requestOf(262'144, 8, 4, NumberFormat::Fp32), Bytes{std::int64_t{20} << 30})
            .ok());
}

TEST(MemoryNeeded, OfManyRanksIsTheirProcesses) {
    const Result<void> refused =
        checkMemory(requestOf(64, 64, 64, NumberFormat::Fp32, 64), Bytes{std::int64_t{1} << 30});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("use fewer ranks"));
}

TEST(MemoryNeeded, IsNotAskedForWhereNobodyKnowsWhatIsFree) {
    EXPECT_TRUE(checkMemory(requestOf(1'048'576, 8, 4, NumberFormat::Fp32), Bytes{}).ok());
}

}  // namespace
}  // namespace ringscope
