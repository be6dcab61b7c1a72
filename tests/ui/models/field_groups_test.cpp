#include "ui/models/field_groups.h"

#include <gtest/gtest.h>
#include <algorithm>

namespace ringscope::ui {
namespace {

std::vector<Field> fieldsCalled(const std::vector<std::string_view>& paths) {
    std::vector<Field> fields;
    for (const std::string_view path : paths) {
        Field field;
        field.path = path;
        fields.push_back(std::move(field));
    }
    return fields;
}

QStringList namesIn(const std::vector<FieldGroup>& groups, const char* title) {
    QStringList names;
    for (const FieldGroup& group : groups)
        if (group.title == QLatin1String(title))
            for (const Field* field : group.fields)
                names << QString::fromUtf8(field->path.data(), qsizetype(field->path.size()));
    return names;
}

TEST(FieldGroups, HoldEachFieldOfTheTableOnce) {
    std::vector<const Field*> held;
    for (const FieldGroup& group : fieldGroups(fieldTable())) {
        EXPECT_FALSE(group.fields.empty()) << group.title.toStdString();
        held.insert(held.end(), group.fields.begin(), group.fields.end());
    }
    EXPECT_EQ(held.size(), fieldTable().size());
    for (const Field& field : fieldTable())
        EXPECT_EQ(std::ranges::count(held, &field), 1) << field.path;
}

TEST(FieldGroups, SplitTheModelIntoWhatIsSetTogetherAndFoldAllButItsSizes) {
    const std::vector<Field> fields = fieldsCalled(
        {"model.preset", "model.layers", "model.ffn_size", "model.norm", "model.norm_place",
         "model.ffn", "model.ffn_bias", "model.experts", "model.experts_per_token",
         "model.expert_size", "model.shared_expert_size", "train.steps"});
    const std::vector<FieldGroup> groups = fieldGroups(fields);
    ASSERT_EQ(groups.size(), 4U);
    EXPECT_EQ(groups[0].title, QStringLiteral("train")) << "what is changed most comes first";
    EXPECT_EQ(namesIn(groups, "model"),
              (QStringList{QStringLiteral("model.preset"), QStringLiteral("model.layers"),
                           QStringLiteral("model.ffn_size")}));
    EXPECT_EQ(namesIn(groups, "model: parts").size(), 4);
    EXPECT_EQ(namesIn(groups, "model: experts").size(), 4);
    for (const FieldGroup& group : groups)
        EXPECT_EQ(group.open, !group.title.contains(QLatin1Char(':'))) << group.title.toStdString();
}

TEST(FieldGroups, KeepAFewFieldsWithTheirSection) {
    const std::vector<Field> fields =
        fieldsCalled({"model.layers", "model.rope_theta", "model.norm_eps", "model.heads"});
    const std::vector<FieldGroup> groups = fieldGroups(fields);
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(namesIn(groups, "model").size(), 4) << "in the order of the table";
    EXPECT_EQ(groups[0].fields[1]->path, "model.rope_theta");
}

TEST(FieldGroups, ShowASectionThatHasNoRow) {
    const std::vector<Field> fields = fieldsCalled({"brand_new.a", "debug.slow_ms", "brand_new.b"});
    const std::vector<FieldGroup> groups = fieldGroups(fields);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[1].title, QStringLiteral("brand_new"));
    EXPECT_EQ(groups[1].fields.size(), 2U);
    EXPECT_FALSE(groups[1].open);
}

}  // namespace
}  // namespace ringscope::ui
