#include "kernels/device/number_format.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::ThrowsMessage;

TEST(NumberFormat, OfEveryRowHasTypesOfItsBytes) {
    for (const NumberFormatRow& row : numberFormats) {
        const at::ScalarType type = scalarTypeOf(row.value);
        EXPECT_EQ(static_cast<int>(c10::elementSize(type)), row.bytes) << row.name;
        EXPECT_EQ(static_cast<int>(c10::elementSize(sumType(type))), row.sumBytes) << row.name;
    }
}

TEST(NumberFormat, TellsTheFormatsOfTwoBytesApart) {
    EXPECT_EQ(scalarTypeOf(NumberFormat::Bf16), at::kBFloat16);
    EXPECT_EQ(scalarTypeOf(NumberFormat::Fp16), at::kHalf);
}

TEST(NumberFormat, IsFoundByItsType) {
    for (const NumberFormatRow& row : numberFormats)
        EXPECT_EQ(formatOf(scalarTypeOf(row.value)), row.value) << row.name;
    EXPECT_EQ(formatOf(at::kLong), std::nullopt);
}

TEST(NumberFormat, ThatIsNotInTheTableIsAnError) {
    EXPECT_THAT([] { scalarTypeOf(static_cast<NumberFormat>(17)); },
                ThrowsMessage<std::logic_error>("there is no such number format"));
}

TEST(SumType, OfATensorIsThatOfItsType) {
    EXPECT_EQ(sumType(at::zeros({2}, at::kHalf)), at::kFloat);
    EXPECT_EQ(sumType(at::zeros({2}, at::kDouble)), at::kDouble);
}

TEST(SumType, OfATypeThatIsNoFormatIsAnError) {
    EXPECT_THAT([] { sumType(at::kLong); },
                ThrowsMessage<std::logic_error>("no sums are kept of tensors of Long"));
}

}  // namespace
}  // namespace ringscope
