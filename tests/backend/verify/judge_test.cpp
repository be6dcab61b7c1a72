// Whether the judge finds what is wrong: results that were spoilt on purpose.
#include "backend/verify/judge.h"
#include "backend/verify/tolerance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 1024;
constexpr std::size_t width = 8;
using Values = std::vector<double>;

// As outputs of causal attention are: the later, the smaller.
Values reference() {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    Values values;
    for (std::int64_t token = 0; token < tokens; ++token)
        for (std::size_t i = 0; i < width; ++i)
            values.push_back(normal(random) / std::sqrt(static_cast<double>(token + 1)));
    return values;
}

Values rounded(Values values, NumberFormat type, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> share(-1, 1);
    for (double& value : values) value += value * toleranceOf(type).rounding * share(random);
    return values;
}

ErrorMeter measured(const Values& expected, const Values& values) {
    ErrorMeter meter(tokens);
    meter.add({.firstToken = 0, .tokens = tokens, .width = width}, expected.data(), values.data());
    return meter;
}

TensorVerdict verdictOn(NumberFormat type, const std::function<void(Values&)>& spoil) {
    const Values expected = reference();
    Values result = rounded(expected, type, 3);
    spoil(result);
    return judge(measured(expected, result), measured(expected, rounded(expected, type, 2)), type);
}

TEST(Judge, AcceptsRoundingInEveryNumberFormat) {
    for (const NumberFormatRow& type : numberFormats)
        EXPECT_TRUE(verdictOn(type.value, [](Values&) {}).ok) << type.name;
}

TEST(Judge, FindsOneWrongValueAmongAll) {
    for (const NumberFormatRow& type : numberFormats)
        EXPECT_FALSE(verdictOn(type.value, [](Values& values) { values[517] += 0.5; }).ok)
            << type.name;
}

TEST(Judge, FindsTwoTokensThatChangedPlaces) {
    for (const NumberFormatRow& type : numberFormats)
        EXPECT_FALSE(verdictOn(type.value,
                               [](Values& values) {
                                   for (std::size_t i = 0; i < width; ++i)
                                       std::swap(values[10 * width + i], values[11 * width + i]);
                               })
                         .ok)
            << type.name;
}

TEST(Judge, FindsLateRowsThatAreWrongBySmallValues) {
    // Off by less than the largest error that bf16 is granted somewhere.
    const NumberFormat bf16 = NumberFormat::Bf16;
    const TensorVerdict verdict = verdictOn(bf16, [](Values& values) {
        for (std::size_t i = values.size() * 7 / 8; i < values.size(); ++i) values[i] *= 0.95;
    });
    EXPECT_LE(verdict.maxError, verdict.tolerance);
    EXPECT_FALSE(verdict.ok);
    EXPECT_GE(verdict.worstSlice.begin, tokens * 7 / 8);
}

TEST(Judge, FindsWhatIsNotANumber) {
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        const TensorVerdict verdict =
            verdictOn(NumberFormat::Fp32, [&](Values& values) { values.back() = value; });
        EXPECT_FALSE(verdict.ok);
        EXPECT_TRUE(std::isinf(verdict.maxError));
    }
}

TEST(Judge, DoesNotExcuseAModeByABrokenUnshardedKernel) {
    const NumberFormat type = NumberFormat::Fp32;
    const Values expected = reference();
    Values wrong = expected;
    for (double& value : wrong) value = -value;
    EXPECT_FALSE(judge(measured(expected, wrong), measured(expected, wrong), type).ok);
}

TEST(Judge, GrantsTwoAndAHalfTimesTheUnshardedError) {
    const NumberFormat type = NumberFormat::Fp32;
    const Values expected(tokens * width, 1.0);
    const auto off = [&](double by) { return measured(expected, Values(tokens * width, 1 + by)); };
    EXPECT_TRUE(judge(off(2.4e-5), off(1e-5), type).ok);
    EXPECT_FALSE(judge(off(2.7e-5), off(1e-5), type).ok);
}

TEST(ErrorMeter, CountsEqualInfinitiesAsEqual) {
    const double none = -std::numeric_limits<double>::infinity();
    const Values expected(tokens * width, none);
    EXPECT_EQ(measured(expected, expected).largest(), 0);
    Values one = expected;
    one[3] = 0;
    EXPECT_TRUE(std::isinf(measured(expected, one).largest()));
}

TEST(ErrorMeter, CoversEachTokenWithOneSlice) {
    for (const std::int64_t count : {1, 31, 33, 100, 3816, 3824, 100'000}) {
        const std::vector<ErrorMeter::Slice> slices = ErrorMeter(count).slices();
        EXPECT_EQ(slices.front().begin, 0);
        EXPECT_EQ(slices.back().end, count);
        for (std::size_t i = 1; i < slices.size(); ++i)
            EXPECT_EQ(slices[i].begin, slices[i - 1].end);
    }
}

TEST(ErrorMeter, TellsWhereAnErrorIs) {
    const Values expected(width, 0.0);
    const Values wrong(width, 1.0);
    for (const std::int64_t token : {0, 119, 1900, 3823}) {
        ErrorMeter meter(3824);
        meter.add({.firstToken = token, .tokens = 1, .width = width}, expected.data(),
                  wrong.data());
        for (const ErrorMeter::Slice& slice : meter.slices())
            EXPECT_EQ(slice.error > 0, slice.begin <= token && token < slice.end) << token;
    }
}

}  // namespace
}  // namespace ringscope
