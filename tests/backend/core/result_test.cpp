#include "backend/core/result.h"

#include <gtest/gtest.h>
#include <memory>

namespace ringscope {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return Error{ErrorCode::InvalidConfig, std::to_string(number) + " is odd"};
    return number / 2;
}

Result<int> quarter(int number) {
    RINGSCOPE_TRY(const int first, half(number));
    RINGSCOPE_TRY(const int second, half(first));
    return second;
}

Result<void> needsEven(int number) {
    RINGSCOPE_CHECK(half(number));
    return {};
}

TEST(Result, HandsTheValueThrough) {
    EXPECT_TRUE(quarter(12).ok());
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_TRUE(needsEven(2).ok());
}

TEST(Result, HandsTheFirstErrorThrough) {
    const Result<int> failed = quarter(6);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::InvalidConfig);
    EXPECT_EQ(failed.error().message, "3 is odd");
    EXPECT_EQ(needsEven(5).error().message, "5 is odd");
}

TEST(Result, CarriesValuesThatCanOnlyMove) {
    const auto make = [](int value) -> Result<std::unique_ptr<int>> {
        return std::make_unique<int>(value);
    };
    const auto read = [&]() -> Result<int> {
        RINGSCOPE_TRY(const std::unique_ptr<int> pointer, make(7));
        return *pointer;
    };
    EXPECT_EQ(read().value(), 7);
}

TEST(Error, SaysWhereItHappenedOutermostFirst) {
    Error error{ErrorCode::Corrupt, "tokens must be positive; got 0"};
    error = std::move(error).in("preset 'a.yaml'");
    EXPECT_EQ(std::move(error).in("start").message,
              "start: preset 'a.yaml': tokens must be positive; got 0");
}

TEST(Error, KeepsItsCodeWhereItIsPlaced) {
    Error error{ErrorCode::Corrupt, "x"};
    EXPECT_EQ(std::move(error).in("y").code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace ringscope
