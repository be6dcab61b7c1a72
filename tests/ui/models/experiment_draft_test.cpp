#include "ui/models/experiment_draft.h"
#include "backend/config/field_table.h"
#include "tests/ui/sample.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

using test::sampleDraft;

std::vector<std::string> names(const DraftPlan& plan) {
    std::vector<std::string> names;
    for (const ExpandedRun& run : plan.runs) names.push_back(run.name);
    return names;
}

TEST(ExperimentDraft, RunsTheModesTheFileNames) {
    const DraftPlan plan = planDraft(sampleDraft());
    EXPECT_TRUE(plan.canStart()) << plan.refusal;
    EXPECT_EQ(names(plan),
              (std::vector<std::string>{"sample/none", "sample/legacy", "sample/zigzag"}));
}

TEST(ExperimentDraft, RunsTheModesTheUserChoseInstead) {
    ExperimentDraft draft = sampleDraft();
    draft.modes = {"ring", "ulysses"};
    EXPECT_EQ(names(planDraft(draft)), (std::vector<std::string>{"sample/ring", "sample/ulysses"}));
}

TEST(ExperimentDraft, CannotStartWithoutAMode) {
    ExperimentDraft draft = sampleDraft();
    draft.modes = std::vector<std::string>{};
    const DraftPlan plan = planDraft(draft);
    EXPECT_FALSE(plan.canStart());
    EXPECT_EQ(plan.refusal, "choose at least one mode");
}

TEST(ExperimentDraft, ReadsAnEditAsTheCommandLineWould) {
    ExperimentDraft draft = sampleDraft();
    draft.edits = {{"train.steps", "7"}, {"model.preset", "tiny"}};
    const DraftPlan plan = planDraft(draft);
    EXPECT_EQ(plan.reading.experiment.base.train.steps, 7);
    EXPECT_EQ(plan.reading.experiment.base.model.layers, ModelConfig{}.layers);
    EXPECT_EQ(draft.overrides(), (std::vector<std::string>{"model.preset=tiny", "train.steps=7"}));
}

TEST(ExperimentDraft, PlansEveryModeAndSaysWhyOneCannotRun) {
    ExperimentDraft draft = sampleDraft();
    draft.edits = {{"parallel.sp", "3"}, {"train.seq_len", "240"}};
    const DraftPlan plan = planDraft(draft);
    bool seen = false;
    for (const ModePlan& mode : plan.modePlans) {
        if (mode.mode != "ulysses") continue;
        seen = true;
        EXPECT_FALSE(mode.plan.has_value());
        EXPECT_NE(mode.reason.find("heads"), std::string::npos) << mode.reason;
    }
    EXPECT_TRUE(seen);
}

TEST(ExperimentDraft, CommandIsTheDemoForTheSampleAndRunForAFile) {
    ExperimentDraft draft = sampleDraft();
    draft.edits = {{"train.steps", "7"}};
    EXPECT_EQ(draftCommand(draft, planDraft(draft), ""), "ringscope demo --set train.steps=7");
    draft.fileName = "my runs/four.yaml";
    draft.modes = {"ring"};
    EXPECT_EQ(draftCommand(draft, planDraft(draft), "/tmp/x.db"),
              "ringscope --db /tmp/x.db run 'my runs/four.yaml' --set train.steps=7 "
              "--set parallel.mode=ring");
}

TEST(ExperimentDraft, CommandCarriesTheWholeFileWhereNoOptionCanSayIt) {
    ExperimentDraft draft = sampleDraft();
    draft.modes = {"ring", "ulysses"};
    draft.edits = {{"train.steps", "7"}};
    const DraftPlan plan = planDraft(draft);
    const std::string command = draftCommand(draft, plan, "");
    ASSERT_TRUE(command.starts_with("ringscope run - <<'EXPERIMENT'\n")) << command;
    ASSERT_TRUE(command.ends_with("EXPERIMENT")) << command;

    const std::size_t begin = command.find('\n') + 1;
    ExperimentDraft again;
    again.fileText =
        command.substr(begin, command.size() - begin - std::string("EXPERIMENT").size());
    const DraftPlan same = planDraft(again);
    EXPECT_TRUE(same.reading.ok()) << same.refusal;
    EXPECT_EQ(names(same), names(plan));
    for (std::size_t i = 0; i < same.runs.size(); ++i)
        EXPECT_EQ(toYaml(same.runs[i].config), toYaml(plan.runs[i].config));
}

TEST(ExperimentDraft, FileReadsBackToTheSameExperiment) {
    ExperimentDraft draft;
    draft.fileText =
        "name: 'a \"quoted\" name'\n"
        "matrix: {train.seq_len: [1024, 2048], parallel.mode: [legacy, ring]}\n"
        "repeat: 2\n"
        "baseline: {parallel.mode: legacy}\n";
    const DraftPlan plan = planDraft(draft);
    ASSERT_TRUE(plan.reading.ok()) << plan.refusal;
    ExperimentDraft again;
    again.fileText = experimentYaml(plan.reading.experiment);
    const DraftPlan same = planDraft(again);
    ASSERT_TRUE(same.reading.ok()) << same.refusal << "\n" << again.fileText;
    EXPECT_EQ(names(same), names(plan));
    EXPECT_EQ(same.reading.experiment.baseline, plan.reading.experiment.baseline);
    for (std::size_t i = 0; i < same.runs.size(); ++i)
        EXPECT_EQ(toYaml(same.runs[i].config), toYaml(plan.runs[i].config));
}

TEST(ExperimentDraft, ShowsAllValuesOfAVariedField) {
    ExperimentDraft draft;
    draft.fileText = "matrix: {train.seq_len: [1024, 2048]}\n";
    const DraftPlan plan = planDraft(draft);
    EXPECT_TRUE(isVaried(plan.reading.experiment, "train.seq_len"));
    EXPECT_EQ(fieldText(plan.reading.experiment, "train.seq_len"), "1024, 2048");
    EXPECT_EQ(fieldText(plan.reading.experiment, "model.layers"), "4");
}

}  // namespace
}  // namespace ringscope::ui
