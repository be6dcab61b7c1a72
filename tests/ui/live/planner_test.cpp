#include "ui/live/planner.h"

#include "tests/ui/patience.h"
#include "tests/ui/sample.h"

#include <gtest/gtest.h>
#include <QTest>

namespace ringscope::ui {
namespace {

class PlannerTest : public testing::Test {
protected:
    PlannerTest() {
        QObject::connect(&planner, &Planner::answered, &planner,
                         [this](const auto& plan) { answers.push_back(plan); });
    }
    static ExperimentDraft draftOf(std::vector<std::string> modes) {
        ExperimentDraft draft = test::sampleDraft();
        draft.modes = std::move(modes);
        return draft;
    }

    Planner planner;
    std::vector<std::shared_ptr<const DraftPlan>> answers;
};

TEST_F(PlannerTest, AnswersInTheThreadThatAsked) {
    QThread* thread = nullptr;
    QObject::connect(&planner, &Planner::answered, &planner,
                     [&] { thread = QThread::currentThread(); });
    planner.ask(draftOf({"ring"}));
    EXPECT_TRUE(answers.empty()) << "not before the event loop turns";
    ASSERT_TRUE(QTest::qWaitFor([&] { return !answers.empty(); }, patience));
    EXPECT_EQ(thread, QThread::currentThread());
    EXPECT_EQ(answers[0]->modes, (std::vector<std::string>{"ring"}));
}

TEST_F(PlannerTest, AnswersOnlyTheNewestOfManyQuestions) {
    for (const char* mode : {"none", "legacy", "ring", "zigzag"}) planner.ask(draftOf({mode}));
    ASSERT_TRUE(QTest::qWaitFor([&] { return !answers.empty(); }, patience));
    QTest::qWait(50);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0]->modes, (std::vector<std::string>{"zigzag"}));
}

TEST_F(PlannerTest, AnswersWhyADraftCannotBePlanned) {
    ExperimentDraft draft = test::sampleDraft();
    draft.fileText = "train: {seq_len: no number}\n";
    planner.ask(draft);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !answers.empty(); }, patience));
    EXPECT_FALSE(answers[0]->canStart());
    EXPECT_NE(answers[0]->refusal, "");
}

TEST(PlannerEnd, WaitsForTheQuestionItIsWorkingOn) {
    for (int i = 0; i < 5; ++i) {
        Planner planner;
        planner.ask(test::sampleDraft());
    }
}

}  // namespace
}  // namespace ringscope::ui
