#include "backend/report/config_text.h"

#include "backend/config/field_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Experiment fourModes() {
    return readExperiment({.fileName = "four.yaml",
                           .fileText = "name: four\ntrain: {steps: 12}\n"
                                       "matrix: {parallel.mode: [ring, zigzag]}\nrepeat: 3\n",
                           .environment = {},
                           .overrides = {"parallel.sp=4"}})
        .experiment;
}

TEST(ExperimentText, IsTheWholeConfigurationAndThenTheMatrix) {
    const std::string text = experimentText(fourModes());
    EXPECT_THAT(text, StartsWith("name: four\n"));
    EXPECT_THAT(text, HasSubstr("steps: 12"));
    EXPECT_THAT(text, EndsWith("matrix:\n  parallel.mode: [ring, zigzag]\nrepeat: 3\n"));
}

TEST(ExperimentText, LeavesOutAMatrixAndRepeatsThatAreNotThere) {
    const std::string text = experimentText({});
    EXPECT_THAT(text, Not(HasSubstr("matrix:")));
    EXPECT_THAT(text, Not(HasSubstr("repeat:")));
}

TEST(OriginsText, SaysWhereEachValueCameFrom) {
    const std::string text = originsText(fourModes());
    EXPECT_THAT(text, ::testing::ContainsRegex("\ntrain.steps +12 +four.yaml:2"));
    EXPECT_THAT(text, ::testing::ContainsRegex("\ntrain.lr .* default\n"));
    EXPECT_THAT(text, ::testing::ContainsRegex("\nparallel.sp +4 +--set"));
}

TEST(ExperimentJson, HasEveryFieldWithItsOrigin) {
    const nlohmann::json object = nlohmann::json::parse(experimentJson(fourModes()));
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_EQ(object["name"], "four");
    EXPECT_EQ(object["repeat"], 3);
    EXPECT_EQ(object["matrix"]["parallel.mode"][1], "zigzag");
    ASSERT_EQ(object["fields"].size(), fieldTable().size());
    for (const nlohmann::json& field : object["fields"])
        EXPECT_TRUE(field.contains("path") && field.contains("value") && field.contains("unit") &&
                    field.contains("origin"))
            << field;
}

TEST(FieldsJson, HasEveryFieldAndPreset) {
    const nlohmann::json object = nlohmann::json::parse(fieldsJson());
    EXPECT_EQ(object["schema_version"], 2);
    ASSERT_EQ(object["fields"].size(), fieldTable().size());
    EXPECT_EQ(object["presets"].size(), modelPresets().size());
    for (const nlohmann::json& field : object["fields"]) {
        if (field["path"] != "train.seq_len") continue;
        EXPECT_EQ(field["type"], "integer");
        EXPECT_EQ(field["unit"], "tokens");
        EXPECT_EQ(field["environment"], "RINGSCOPE_TRAIN__SEQ_LEN");
        EXPECT_EQ(field["nullable"], false);
    }
}

}  // namespace
}  // namespace ringscope
