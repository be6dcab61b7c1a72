// The panels of a migration over made migrations: keys, outcome, and the text of both.
#include "ui/look/theme.h"
#include "ui/migrate/diff_view.h"
#include "ui/migrate/key_model.h"
#include "ui/migrate/keys_panel.h"
#include "ui/migrate/migration_draft.h"
#include "ui/migrate/outcome_panel.h"

#include <gtest/gtest.h>
#include <QAbstractButton>
#include <QApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>

namespace ringscope::ui {
namespace {

QStringList labelsOf(const QWidget& panel) {
    QStringList words;
    for (const QLabel* label : panel.findChildren<QLabel*>())
        if (!label->isHidden()) words << label->text();
    return words;
}

class KeysOfAFile : public testing::Test {
protected:
    KeysOfAFile() {
        panel.resize(900, 500);
        panel.show();
        for (const auto& [path, verdict] : std::vector<std::pair<std::string, Verdict>>{
                 {"kept", Verdict::Kept}, {"open", Verdict::NeedsDecision}})
            migration.keys.push_back({.file = "base.yaml",
                                      .path = path,
                                      .line = 3,
                                      .column = 1,
                                      .old = "1",
                                      .newPath = "new." + path,
                                      .newValue = "2",
                                      .verdict = verdict,
                                      .reason = "because of " + path});
        panel.showMigration("base.yaml", migration);
        panel.startAtTheTop();
    }
    QAbstractButton* decide() {
        for (auto* button : panel.findChildren<QAbstractButton*>())
            if (button->text() == QStringLiteral("Decide")) return button;
        return nullptr;
    }

    Migration migration;
    KeysPanel panel;
};

TEST_F(KeysOfAFile, AreReadInFullOneAtATime) {
    const QStringList words = labelsOf(panel);
    EXPECT_TRUE(words.contains(QStringLiteral("base.yaml:3:1 · needs decision")));
    EXPECT_TRUE(words.contains(QStringLiteral("open: 1  →  new.open: 2")));
    EXPECT_TRUE(words.contains(QStringLiteral("because of open")));
}

TEST_F(KeysOfAFile, OfferTheDecisionOfTheSelectedKeyAlone) {
    QSignalSpy asked(&panel, &KeysPanel::decideRequested);
    ASSERT_NE(decide(), nullptr);
    ASSERT_TRUE(decide()->isVisible());
    decide()->click();
    EXPECT_EQ(asked.count(), 1);
    panel.table().selectRow(1);
    EXPECT_FALSE(decide()->isVisible());
}

TEST_F(KeysOfAFile, KeepTheSelectedOneWhenAnAnswerChangesTheVerdicts) {
    panel.table().selectRow(1);
    migration.keys[1].verdict = Verdict::Converted;
    panel.showMigration("base.yaml", migration);
    EXPECT_TRUE(labelsOf(panel).contains(QStringLiteral("because of kept")));
}

TEST_F(KeysOfAFile, HideTheChipsOfVerdictsThatNoKeyHas) {
    const auto chip = [&](const char* name) {
        return panel.findChild<QAbstractButton*>(QString::fromLatin1(name));
    };
    EXPECT_TRUE(chip("chip_kept")->isVisible());
    EXPECT_FALSE(chip("chip_dangerous")->isVisible());
    EXPECT_EQ(chip("chip_kept")->text(), QStringLiteral("1 kept"));
}

TEST_F(KeysOfAFile, AskForASelectionWhereThereIsNone) {
    panel.showMigration("empty.yaml", {});
    EXPECT_TRUE(
        labelsOf(panel).contains(QStringLiteral("Select a key to read what becomes of it.")));
}

TEST(OutcomePanel, ShowsNothingOfADraftWithoutAFile) {
    const MigrationDraft draft;
    OutcomePanel panel(draft);
    panel.showOutcome();
    EXPECT_EQ(panel.findChild<DiffView*>()->toPlainText(), QString());
}

TEST(OutcomePanel, SaysHowManyDecisionsAreTakenByDefault) {
    MigrationDraft draft;
    ASSERT_TRUE(draft.open(RINGSCOPE_FIXTURES "/alst_fork.yaml").ok());
    OutcomePanel panel(draft);
    panel.showOutcome();
    ASSERT_GT(draft.openDecisions(), 0);
    EXPECT_TRUE(labelsOf(panel).contains(
        QStringLiteral("This experiment would run, with defaults for %1 open decisions.")
            .arg(draft.openDecisions())));
    ASSERT_TRUE(draft.acceptDefaults().ok());
    panel.showOutcome();
    EXPECT_TRUE(
        labelsOf(panel).contains(QStringLiteral("This experiment is valid and would run.")));
}

TEST(DiffView, ColoursLinesThatCameAndWentAndNothingOfAPlainText) {
    ThemeController theme;
    theme.setTheme(Theme::Light);
    DiffView view(QStringLiteral("The result"));
    view.setContent(QStringLiteral("@@ -1 +1 @@\n-old\n+new\n same"), DiffView::Kind::Diff);
    ASSERT_EQ(view.extraSelections().size(), 3);
    const Ink ink = inkFor(false);
    EXPECT_EQ(view.extraSelections()[1].format.foreground().color(), ink.bad);
    EXPECT_EQ(view.extraSelections()[2].format.foreground().color(), ink.good);
    view.setContent(QStringLiteral("- a list\n- of two"), DiffView::Kind::Plain);
    EXPECT_TRUE(view.extraSelections().isEmpty());
    EXPECT_EQ(view.toPlainText(), QStringLiteral("- a list\n- of two"));
}

TEST(DiffView, FollowsTheTheme) {
    ThemeController theme;
    theme.setTheme(Theme::Light);
    DiffView view(QStringLiteral("The result"));
    view.setContent(QStringLiteral("+new"), DiffView::Kind::Diff);
    theme.setTheme(Theme::Dark);
    QApplication::processEvents();
    EXPECT_EQ(view.extraSelections()[0].format.foreground().color(), inkFor(true).good);
    theme.setTheme(Theme::Light);
}

}  // namespace
}  // namespace ringscope::ui
