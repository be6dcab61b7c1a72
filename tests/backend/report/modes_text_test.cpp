#include "backend/report/modes_text.h"

#include "backend/plan/capabilities.h"
#include "backend/plan/mode_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

TEST(ModesText, NamesEveryModeAndEveryFeature) {
    const std::string text = modesText();
    for (const Mode& mode : modeTable()) EXPECT_THAT(text, HasSubstr(std::string(mode.help)));
    for (const Feature& feature : featureTable())
        EXPECT_THAT(text, HasSubstr("\n" + std::string(feature.name)));
}

TEST(ModesText, HasALineForEachModeAndFeature) {
    const std::string text = modesText();
    // A line each, an empty line and a head between the two, other names and a sentence below, each
    // behind an empty line.
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')),
              modeTable().size() + featureTable().size() + 6);
}

TEST(ModesText, StaysWithinTheWidthAndLosesNothing) {
    for (const std::size_t width : {60U, 80U, 100U, 140U}) {
        const std::string text = modesText(width);
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
        for (const Mode& mode : modeTable())
            EXPECT_THAT(text, HasSubstr(" " + std::string(mode.name))) << width;
        std::string joined = text;  // words, whatever the lines
        std::erase(joined, '\n');
        EXPECT_THAT(joined, HasSubstr("--json says why."));
        for (const Feature& feature : featureTable())
            EXPECT_THAT(text, HasSubstr("\n" + std::string(feature.name))) << width;
    }
}

TEST(ModesText, TellsWhatOtherNamesBecome) {
    EXPECT_THAT(modesText(), HasSubstr("\nother names     auto (the planner chooses), zigzag-ring "
                                       "(zigzag), deepspeed-alst (ulysses)"));
    for (const char* name : {"standard", "hilbert", "distributed", "block-sparse"})
        EXPECT_THAT(modesText(), HasSubstr(std::string(name) + " (zigzag)"));
}

TEST(ModesText, IsOneTableWhereThereIsRoom) { EXPECT_EQ(modesText(400), modesText()); }

TEST(ModesJson, SaysWhyAModeDoesNotSupportAFeature) {
    const nlohmann::json object = nlohmann::json::parse(modesJson());
    EXPECT_EQ(object["schema_version"], 2);
    ASSERT_EQ(object["modes"].size(), modeTable().size());
    ASSERT_EQ(object["features"].size(), featureTable().size());
    for (const nlohmann::json& mode : object["modes"]) {
        EXPECT_TRUE(mode["aliases"].is_array());
        for (const auto& [feature, supported] : mode["supports"].items())
            EXPECT_EQ(mode["refusals"].contains(feature), !supported.get<bool>())
                << mode["name"] << ' ' << feature;
    }
}

}  // namespace
}  // namespace ringscope
