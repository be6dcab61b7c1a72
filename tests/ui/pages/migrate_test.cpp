#include "backend/config/experiment.h"
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/migration_report.h"
#include "tests/ui/fake_transport.h"
#include "ui/migrate/key_model.h"
#include "ui/pages/migrate_page.h"

#include <gtest/gtest.h>
#include <QAbstractButton>
#include <QApplication>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <map>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

constexpr const char* fixtureNames[] = {"base_zigzag.yaml", "alst_fork.yaml", "zero3_alone.json",
                                        "arctic_sp8.yml",   "plain_sft.yaml", "v1_cp.yaml",
                                        "accelerate_sp.yml"};

class MigrateFile : public testing::Test {
protected:
    MigrateFile()
        : controller(transport, folder.filePath(QStringLiteral("runs.db")).toStdString()),
          page(controller) {
        fs::copy(RINGSCOPE_FIXTURES, root(), fs::copy_options::recursive);
        page.setAskToReplace([this](const QString& file) {
            asked << file;
            return replace;
        });
        page.resize(1200, 760);
        page.show();
    }

    fs::path root() const { return fs::path(folder.path().toStdString()) / "old"; }
    QString path(const std::string& name) const {
        return QString::fromStdString((root() / name).string());
    }
    std::string content(const std::string& name) const { return readFile(root() / name).value(); }

    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(writeOutput(root() / name, text).ok());
    }

    void drop(const QList<QUrl>& urls) {
        QMimeData data;
        data.setUrls(urls);
        QDragEnterEvent enter({9, 9}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page, &enter);
        ASSERT_TRUE(enter.isAccepted());
        QDropEvent drop({9, 9}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page, &drop);
    }

    QAbstractButton* button(const std::string& name) {
        return page.findChild<QAbstractButton*>(QString::fromStdString(name));
    }

    void click(const std::string& name) {
        QAbstractButton* found = button(name);
        ASSERT_NE(found, nullptr) << name;
        ASSERT_TRUE(found->isVisible() && found->isEnabled()) << name;
        found->click();
    }

    // The library's answer to the same file and the answers given so far.
    Migration expected(const std::string& name, const MigrationAnswers& answers) const {
        return migrate(openSource((root() / name).string()).value(), answers).value();
    }

    QTemporaryDir folder;
    QStringList asked;
    bool replace = false;
    test::FakeTransport transport;
    RunController controller;
    MigratePage page;
};

TEST_F(MigrateFile, OffersNothingBeforeAFileIsOpened) {
    EXPECT_EQ(page.step(), MigratePage::Source);
    for (const char* name : {"step_1", "step_2", "step_3", "step_4"})
        EXPECT_FALSE(button(name)->isEnabled()) << name;
    EXPECT_FALSE(button("nextStep")->isVisible());
    page.goTo(MigratePage::Outcome);
    EXPECT_EQ(page.step(), MigratePage::Source);
}

TEST_F(MigrateFile, CountsTheVerdictsOfEverySampleAsTheLibraryDoes) {
    for (const char* name : fixtureNames) {
        const std::string before = content(name);
        ASSERT_TRUE(page.openFile(path(name)).ok()) << name;
        const Migration library = expected(name, {});
        ASSERT_FALSE(library.keys.empty()) << name;
        const auto needed = [](const KeyVerdict& key) { return key.use == KeyUse::Needed; };
        EXPECT_EQ(page.table().model()->rowCount(), std::ranges::count_if(library.keys, needed))
            << name;
        for (const Verdict verdict : allVerdicts()) {
            const auto count = std::ranges::count_if(library.keys, [&](const KeyVerdict& key) {
                return needed(key) && key.verdict == verdict;
            });
            QAbstractButton* chip = button("chip_" + std::string(verdictName(verdict)));
            EXPECT_EQ(chip->isVisible(), count > 0) << name;
            EXPECT_TRUE(chip->text().startsWith(QString::number(count) + ' ')) << name;
        }
        EXPECT_EQ(content(name), before);
    }
}

TEST_F(MigrateFile, ShowsWhatNeedsALookFirstAndOneVerdictWhereAsked) {
    drop({QUrl::fromLocalFile(path("alst_fork.yaml"))});
    EXPECT_EQ(page.step(), MigratePage::Keys);
    const QAbstractItemModel& rows = *page.table().model();
    const auto verdictAt = [&](int row) {
        return Verdict(rows.index(row, 0).data(KeyModel::VerdictRole).toInt());
    };
    EXPECT_EQ(verdictAt(0), Verdict::NeedsDecision);
    EXPECT_EQ(verdictAt(rows.rowCount() - 1), Verdict::Kept);

    click("chip_dangerous");
    ASSERT_EQ(rows.rowCount(), 3);
    for (int row = 0; row < 3; ++row) EXPECT_EQ(verdictAt(row), Verdict::Dangerous);
    click("chip_unknown");
    EXPECT_EQ(rows.rowCount(), 4);
    click("chip_dangerous");
    click("chip_unknown");
    EXPECT_EQ(rows.rowCount(), std::ssize(page.draft().migration().keys));
}

TEST_F(MigrateFile, ShowsHousekeepingApartAndOnlyWhereAsked) {
    ASSERT_TRUE(page.openFile(path("base_zigzag.yaml")).ok());
    const Migration library = expected("base_zigzag.yaml", {});
    const auto housekeeping =
        std::ranges::count(library.keys, KeyUse::Housekeeping, &KeyVerdict::use);
    ASSERT_GT(housekeeping, 0);
    const QAbstractItemModel& rows = *page.table().model();
    EXPECT_EQ(rows.rowCount(), std::ssize(library.keys) - housekeeping);
    EXPECT_TRUE(button("chip_housekeeping")->text().startsWith(QString::number(housekeeping)));
    click("chip_needed");
    EXPECT_EQ(rows.rowCount(), std::ssize(library.keys));
    click("chip_housekeeping");
    EXPECT_EQ(rows.rowCount(), housekeeping);
}

TEST_F(MigrateFile, ReadsTheDeepSpeedFileThatTheSourceNames) {
    ASSERT_TRUE(page.openFile(path("base_zigzag.yaml")).ok());
    ASSERT_EQ(page.draft().input().companions.size(), 1U);
    const QString problem = page.saveReport(path("deepspeed/zero3.json"));
    EXPECT_TRUE(problem.contains(QStringLiteral("never changed"))) << problem.toStdString();
}

TEST_F(MigrateFile, DecidesNothingByItselfAndMigratesAgainWithEachAnswer) {
    ASSERT_TRUE(page.openFile(path("alst_fork.yaml")).ok());
    click("nextStep");
    EXPECT_EQ(page.step(), MigratePage::Decisions);
    for (const Decision& decision : page.draft().migration().decisions)
        for (const DecisionOption& option : decision.options)
            EXPECT_FALSE(button("decide_" + decision.id + "_" + option.id)->isChecked());
    EXPECT_FALSE(button("saveExperiment")->isEnabled());

    MigrationAnswers answers;
    for (const auto& [id, option] :
         std::map<std::string, std::string>{{"model", "tiny"}, {"packing", "across"}}) {
        const std::string before = page.draft().migration().experiment;
        QAbstractButton* choice = button("decide_" + id + "_" + option);
        choice->setFocus();
        click("decide_" + id + "_" + option);
        answers.options[id] = option;
        EXPECT_EQ(page.draft().migration().experiment,
                  expected("alst_fork.yaml", answers).experiment);
        EXPECT_EQ(page.draft().lastChange(),
                  unifiedDiff("before", before, "after", page.draft().migration().experiment));
        EXPECT_TRUE(choice->isChecked());
        EXPECT_TRUE(page.isAncestorOf(choice)) << "the card under the focus was replaced";
    }
    EXPECT_EQ(page.draft().openDecisions(), 0);
    EXPECT_TRUE(button("saveExperiment")->isEnabled());
    EXPECT_TRUE(page.command().contains(QStringLiteral("--decide packing=across")));
}

TEST_F(MigrateFile, EverySampleBecomesAnExperimentThatReadsBackAsTheLibraryWroteIt) {
    for (const char* name : fixtureNames) {
        const std::string before = content(name);
        ASSERT_TRUE(page.openFile(path(name)).ok()) << name;
        page.goTo(MigratePage::Decisions);
        if (button("takeDefaults")->isVisible()) click("takeDefaults");
        ASSERT_TRUE(page.draft().migration().decided()) << name;
        MigrationAnswers answers;
        for (const Decision& decision : page.draft().migration().decisions)
            answers.options[decision.id] = decision.chosen;
        const Migration library = expected(name, answers);
        const std::string out = std::string(name) + ".new.yaml";
        ASSERT_EQ(page.saveExperiment(path(out)), QString()) << name;
        EXPECT_EQ(content(out), library.experiment) << name;
        EXPECT_EQ(
            readExperiment(
                {.fileName = out, .fileText = content(out), .environment = {}, .overrides = {}})
                .ok(),
            library.problems.empty())
            << name;
        EXPECT_EQ(content(name), before) << name;
    }
    EXPECT_TRUE(asked.empty());
}

TEST_F(MigrateFile, NeverWritesTheSourceAndAsksBeforeItReplacesAnotherFile) {
    ASSERT_TRUE(page.openFile(path("alst_fork.yaml")).ok());
    page.goTo(MigratePage::Decisions);
    click("takeDefaults");
    const std::string before = content("alst_fork.yaml");
    fs::create_symlink(root() / "alst_fork.yaml", root() / "link.yaml");
    for (const char* name : {"alst_fork.yaml", "link.yaml", "deepspeed/../alst_fork.yaml"}) {
        EXPECT_TRUE(page.saveExperiment(path(name)).contains(QStringLiteral("never changed")));
        EXPECT_EQ(content("alst_fork.yaml"), before);
    }
    EXPECT_TRUE(asked.empty());

    write("mine.yaml", "name: mine\n");
    EXPECT_EQ(page.saveExperiment(path("mine.yaml")), QString());
    EXPECT_EQ(asked.size(), 1);
    EXPECT_EQ(content("mine.yaml"), "name: mine\n");
    replace = true;
    EXPECT_EQ(page.saveExperiment(path("mine.yaml")), QString());
    EXPECT_EQ(content("mine.yaml"), page.draft().migration().experiment);
    EXPECT_EQ(page.saveExperiment(path("mine.yaml")), QString());
    EXPECT_EQ(asked.size(), 2) << "nothing is lost where the content is the same";
}

TEST_F(MigrateFile, WritesReportsInEveryFormatAndRefusesOthers) {
    ASSERT_TRUE(page.openFile(path("v1_cp.yaml")).ok());
    for (const MigrationReportFormat& format : migrationReportFormats()) {
        const std::string name = "report" + std::string(format.extension);
        ASSERT_EQ(page.saveReport(path(name)), QString());
        EXPECT_EQ(content(name), format.write(page.draft().input(), page.draft().migration()));
    }
    EXPECT_NE(page.saveReport(path("report.doc")), QString());
    EXPECT_FALSE(fs::exists(root() / "report.doc"));
}

TEST_F(MigrateFile, SaysInASentenceWhyAFileCannotBeMigratedAndKeepsTheOneBefore) {
    ASSERT_TRUE(page.openFile(path("alst_fork.yaml")).ok());
    page.goTo(MigratePage::Decisions);
    click("decide_packing_across");
    const std::string experiment = page.draft().migration().experiment;
    write("broken.yaml", "sequence_parallel_size: [2\n");
    write("twice.yaml", "sequence_parallel_size: 2\nsequence_parallel_size: 4\n");
    write("junk.yaml", std::string("\x7f"
                                   "ELF\0\1\2\xff\xfe",
                                   9));
    fs::create_directory(root() / "folder.yaml");
    for (const char* name : {"broken.yaml", "twice.yaml", "junk.yaml", "no.yaml"}) {
        const auto library = [&]() -> Result<Migration> {
            RINGSCOPE_TRY(const MigrationInput input, openSource((root() / name).string()));
            return migrate(input);
        }();
        ASSERT_FALSE(library.ok()) << name;
        drop({QUrl::fromLocalFile(path(name))});
        EXPECT_EQ(page.problem().toStdString(), library.error().message);
        EXPECT_FALSE(page.problem().contains(QLatin1Char('\n')));
        EXPECT_EQ(page.draft().migration().experiment, experiment);
        EXPECT_EQ(page.step(), MigratePage::Decisions);
    }
    drop({QUrl::fromLocalFile(path("folder.yaml"))});
    EXPECT_TRUE(page.problem().contains(QStringLiteral("has no file whose extension")));
    drop({QUrl(QStringLiteral("https://example.org/a.yaml"))});
    EXPECT_TRUE(page.problem().contains(QStringLiteral("not on this machine")));
    ASSERT_TRUE(page.openFile(path("v1_cp.yaml")).ok());
    EXPECT_EQ(page.problem(), QString());
}

TEST_F(MigrateFile, HandsTheExperimentToNewRunAsTextOrAsTheFileItWasSavedTo) {
    ASSERT_TRUE(page.openFile(path("alst_fork.yaml")).ok());
    page.goTo(MigratePage::Decisions);
    click("takeDefaults");
    click("nextStep");
    EXPECT_EQ(page.step(), MigratePage::Outcome);
    QSignalSpy files(&page, &MigratePage::experimentSaved);
    std::string handed;
    QObject::connect(&page, &MigratePage::experimentReady, &page,
                     [&](const std::string&, const std::string& text) { handed = text; });
    click("nextStep");
    EXPECT_EQ(handed, page.draft().migration().experiment);
    EXPECT_TRUE(files.empty());
    ASSERT_EQ(page.saveExperiment(path("new.yaml")), QString());
    click("nextStep");
    ASSERT_EQ(files.size(), 1);
    EXPECT_EQ(files.front().front().toString(), path("new.yaml"));
    EXPECT_TRUE(page.command().endsWith(QStringLiteral("-o ") + path("new.yaml")));
}

TEST_F(MigrateFile, ShowsTheResultInThreeWays) {
    ASSERT_TRUE(page.openFile(path("base_zigzag.yaml")).ok());
    page.goTo(MigratePage::Outcome);
    const auto shows = [&](const std::string& text) {
        for (const QPlainTextEdit* view : page.findChildren<QPlainTextEdit*>())
            if (view->isVisible() && view->toPlainText().toStdString() == text) return true;
        return false;
    };
    const Migration& migration = page.draft().migration();
    QString lines = QString::fromStdString(correspondingLines(page.draft().input(), migration));
    EXPECT_TRUE(lines.contains(path("base_zigzag.yaml")));
    lines.replace(path("base_zigzag.yaml"), QStringLiteral("base_zigzag.yaml"));
    EXPECT_TRUE(shows(lines.toStdString()));
    click("view_1");
    EXPECT_TRUE(shows(unifiedDiff("base_zigzag.yaml", page.draft().input().source.text,
                                  "base_zigzag.ringscope.yaml", migration.experiment)));
    click("view_2");
    EXPECT_TRUE(shows(migration.experiment));
}

}  // namespace
}  // namespace ringscope::ui
