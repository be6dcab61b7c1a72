#include "backend/report/modes_text.h"

#include "backend/plan/capabilities.h"
#include "backend/plan/mode_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <nlohmann/json.hpp>

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
    // A line each, an empty line and a head between the two, an empty line and a sentence below.
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')),
              modeTable().size() + featureTable().size() + 4);
}

TEST(ModesJson, SaysWhyAModeDoesNotSupportAFeature) {
    const nlohmann::json object = nlohmann::json::parse(modesJson());
    EXPECT_EQ(object["schema_version"], 1);
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
