// The parts of the New run page: the form of fields and the cards of modes.
#include "backend/plan/mode_table.h"
#include "tests/ui/sample.h"
#include "ui/pages/field_form.h"
#include "ui/pages/mode_picker.h"
#include "ui/widgets/fold.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QTest>
#include <QWheelEvent>

namespace ringscope::ui {
namespace {

class Form : public testing::Test {
protected:
    Form() {
        QObject::connect(&form, &FieldForm::edited, &form,
                         [this](const std::string& path, const std::string& value) {
                             edits.emplace_back(path, value);
                         });
        show({});
    }
    void show(const std::map<std::string, std::string>& changed) {
        ExperimentDraft draft = test::sampleDraft();
        draft.edits = changed;
        form.showReading(planDraft(draft).reading, changed);
    }
    template <typename Editor>
    Editor& editor(const char* path) {
        return *qobject_cast<Editor*>(form.find(path)->editor());
    }

    FieldForm form;
    std::vector<std::pair<std::string, std::string>> edits;
};

TEST_F(Form, HasAnEditorThatFitsEveryFieldOfTheTable) {
    for (const Field& field : fieldTable()) {
        FieldRow* row = form.find(field.path);
        if (field.path == "parallel.mode") {
            EXPECT_EQ(row, nullptr) << "modes are cards";
            continue;
        }
        ASSERT_NE(row, nullptr) << field.path;
        EXPECT_EQ(qobject_cast<QCheckBox*>(row->editor()) != nullptr,
                  field.type == FieldType::Switch)
            << field.path;
        EXPECT_EQ(qobject_cast<QComboBox*>(row->editor()) != nullptr,
                  field.type == FieldType::Choice)
            << field.path;
    }
    EXPECT_EQ(form.find("train.no_such_field"), nullptr);
}

TEST_F(Form, TurnsNoChoiceByTheWheelThatOnlyScrollsPast) {
    auto& box = editor<QComboBox>("train.precision");
    const QString before = box.currentText();
    QWheelEvent turn(QPointF(5, 5), box.mapToGlobal(QPointF(5, 5)), {}, QPoint(0, -120),
                     Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&box, &turn);
    EXPECT_EQ(box.currentText(), before);
    EXPECT_FALSE(turn.isAccepted()) << "the page scrolls";
    EXPECT_EQ(box.focusPolicy(), Qt::StrongFocus) << "the wheel gives no focus";
    EXPECT_TRUE(edits.empty());
}

TEST_F(Form, ShowsTheExperimentWithoutCallingItAnEdit) {
    EXPECT_EQ(editor<QLineEdit>("train.steps").text(), QStringLiteral("4"));
    EXPECT_EQ(editor<QLineEdit>("train.seq_len").text(), QStringLiteral("256"));
    EXPECT_TRUE(edits.empty());
}

TEST_F(Form, SaysWhatWasTypedAndWhatIsWrongWithIt) {
    QTest::keyClicks(&editor<QLineEdit>("train.steps"), QStringLiteral("x"));
    ASSERT_EQ(edits.size(), 1U);
    EXPECT_EQ(edits[0], (std::pair<std::string, std::string>("train.steps", "4x")));
    EXPECT_FALSE(form.find("train.steps")->error().isEmpty());
    QTest::keyClick(&editor<QLineEdit>("train.steps"), Qt::Key_Backspace);
    EXPECT_EQ(form.find("train.steps")->error(), QString());
}

TEST_F(Form, KeepsAWrongValueInSightUnderItsMessage) {
    show({{"train.steps", "many"}});
    EXPECT_EQ(editor<QLineEdit>("train.steps").text(), QStringLiteral("many"));
    EXPECT_FALSE(form.find("train.steps")->error().isEmpty());
    show({});
    EXPECT_EQ(editor<QLineEdit>("train.steps").text(), QStringLiteral("4"));
    EXPECT_EQ(form.find("train.steps")->error(), QString());
}

TEST_F(Form, DoesNotEditAFieldThatTheMatrixVaries) {
    ExperimentDraft draft = test::sampleDraft();
    draft.fileText =
        "model: {preset: nano}\ntrain: {steps: 4, warmup_steps: 1}\nparallel: {sp: 2}\n"
        "matrix:\n  parallel.mode: [legacy]\n  train.seq_len: [256, 512]\n";
    form.showReading(planDraft(draft).reading, {});
    EXPECT_FALSE(editor<QLineEdit>("train.seq_len").isEnabled());
    EXPECT_EQ(editor<QLineEdit>("train.seq_len").text(), QStringLiteral("256, 512"));
    EXPECT_TRUE(editor<QLineEdit>("train.steps").isEnabled());
}

TEST_F(Form, SaysInATitleHowManyFieldsBelowItWereChanged) {
    const auto fold = [this](const char* title) {
        for (Fold* each : form.groups())
            if (each->title().startsWith(QLatin1String(title))) return each;
        throw std::runtime_error(title);
    };
    EXPECT_EQ(fold("launch")->title(), QStringLiteral("launch"));
    show({{"launch.threads_per_rank", "2"}});
    EXPECT_EQ(fold("launch")->title(), QStringLiteral("launch · 1 changed"));
    EXPECT_FALSE(fold("launch")->isOpen());
    show({{"launch.threads_per_rank", "many"}});
    EXPECT_TRUE(fold("launch")->isOpen()) << "what is wrong is in sight";
}

TEST(FieldProblems, BelongToTheFieldThatAnOptionNames) {
    const auto pathOf = [](const char* where) {
        return FieldForm::pathOf({.where = where, .message = "wrong"});
    };
    EXPECT_EQ(pathOf("--set train.steps=many"), "train.steps");
    EXPECT_EQ(pathOf("--set train.steps"), "train.steps");
    EXPECT_EQ(pathOf("demo.yaml:3:1"), "");
}

class Modes : public testing::Test {
protected:
    Modes() {
        QObject::connect(&picker, &ModePicker::chose, &picker,
                         [this](const std::vector<std::string>& modes) { chosen = modes; });
        picker.showPlan(planDraft(test::sampleDraft()));
        picker.resize(900, 300);
        picker.show();
    }

    ModePicker picker;
    std::vector<std::string> chosen;
};

TEST_F(Modes, HaveACardEachAndThoseOfTheExperimentAreChecked) {
    for (const Mode& mode : modeTable()) ASSERT_NE(picker.card(mode.name), nullptr) << mode.name;
    EXPECT_EQ(picker.card("no such mode"), nullptr);
    EXPECT_EQ(picker.chosen(), (std::vector<std::string>{"none", "legacy", "zigzag"}));
}

TEST_F(Modes, AreSaidWhenOneIsChosenOrLeftOut) {
    picker.card("ring")->click();
    EXPECT_EQ(chosen, (std::vector<std::string>{"none", "legacy", "ring", "zigzag"}));
    picker.card("legacy")->click();
    EXPECT_EQ(chosen, (std::vector<std::string>{"none", "ring", "zigzag"}));
}

TEST_F(Modes, ThatCannotRunSayWhyAndCanOnlyBeUnticked) {
    ModePlan refused{.mode = "ring", .plan = {}, .reason = "256 tokens do not divide"};
    DraftPlan plan;
    plan.modePlans = {refused};
    plan.modes = {"ring"};
    picker.showPlan(plan);
    EXPECT_TRUE(picker.card("ring")->isEnabled()) << "to untick it";
    EXPECT_EQ(picker.card("ring")->toolTip(), QStringLiteral("256 tokens do not divide"));
    picker.card("ring")->click();
    EXPECT_TRUE(chosen.empty());
    plan.modes.clear();
    picker.showPlan(plan);
    EXPECT_FALSE(picker.card("ring")->isEnabled());
}

TEST_F(Modes, StandInAsManyColumnsAsFit) {
    const auto rows = [&](int width) {
        picker.resize(width, 600);
        QApplication::processEvents();
        std::set<int> tops;
        for (const Mode& mode : modeTable()) tops.insert(picker.card(mode.name)->y());
        return tops.size();
    };
    EXPECT_EQ(rows(200), modeTable().size());
    EXPECT_LT(rows(900), modeTable().size());
    EXPECT_EQ(rows(4'000), 1U);
}

}  // namespace
}  // namespace ringscope::ui
