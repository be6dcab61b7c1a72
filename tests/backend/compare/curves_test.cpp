#include "backend/compare/curves.h"

#include "tests/backend/compare/sweep_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<double> placesOf(const Curve& curve) {
    std::vector<double> places;
    for (const CurvePoint& point : curve.points) places.push_back(point.at);
    return places;
}

std::vector<std::string> namesOf(const std::vector<CurveFamily>& families) {
    std::vector<std::string> names;
    for (const CurveFamily& family : families)
        names.push_back(std::string(curveAxisName(family.axis)) + ": " + family.shared);
    return names;
}

TEST(Curves, OfASweepAreAFamilyForEachOtherSetting) {
    const Comparison comparison = compareRuns(sweepRuns()).value();
    const std::vector<CurveFamily> families = curveFamilies(comparison);
    EXPECT_THAT(namesOf(families),
                ElementsAre("length: 2 ranks", "length: 4 ranks", "ranks: 1,024 tokens",
                            "ranks: 2,048 tokens", "ranks: 4,096 tokens", "ranks: 8,192 tokens"));
    for (const CurveFamily& family : families) {
        ASSERT_EQ(family.curves.size(), 3U);
        EXPECT_EQ(family.curves[2].label, "zigzag");
        for (const Curve& curve : family.curves) {
            if (family.axis == CurveAxis::Length)
                EXPECT_THAT(placesOf(curve), ElementsAre(1024, 2048, 4096, 8192));
            else
                EXPECT_THAT(placesOf(curve), ElementsAre(2, 4));
            for (const CurvePoint& point : curve.points)
                EXPECT_EQ(comparison.groups()[point.group]->mode, curve.mode);
        }
    }
}

TEST(Curves, AreNoneOverTwoLengthsOrOneNumberOfRanks) {
    EXPECT_THAT(
        curveFamilies(
            compareRuns({sweptRun("ring", 1024, 2, 10), sweptRun("ring", 2048, 2, 20)}).value()),
        IsEmpty());
    EXPECT_THAT(
        curveFamilies(
            compareRuns({sweptRun("ring", 1024, 2, 10), sweptRun("zigzag", 1024, 2, 20)}).value()),
        IsEmpty());
}

TEST(Curves, LeaveOutWhatHasNoSpeedAndShowTheUnshardedRunAtOneRank) {
    RunRecord failed = sweptRun("ring", 1024, 8, 10);
    failed.status = RunStatus::Failed;
    const std::vector<CurveFamily> families =
        curveFamilies(compareRuns({sweptRun("none", 1024, 1, 40), sweptRun("ring", 1024, 2, 20),
                                   sweptRun("ring", 1024, 4, 10), failed})
                          .value());
    ASSERT_EQ(families.size(), 1U);
    ASSERT_EQ(families[0].curves.size(), 2U);
    EXPECT_THAT(placesOf(families[0].curves[0]), ElementsAre(1));
    EXPECT_THAT(placesOf(families[0].curves[1]), ElementsAre(2, 4));
}

}  // namespace
}  // namespace ringscope
