// The whole way in the window: files are dropped, one is decided, its plan is shown, both ways run
// as a proof, and the experiment is started.
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/migration/proof.h"
#include "tests/ui/fake_transport.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "ui/look/theme.h"
#include "ui/main_window.h"
#include "ui/pages/live_panel.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"

#include <gtest/gtest.h>
#include <QAbstractButton>
#include <QApplication>
#include <QDragEnterEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTest>
#include <filesystem>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

class Wizard : public testing::Test {
protected:
    Wizard() {
        write("one.yaml",
              "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: pt\nfinetuning_type: full\n"
              "sequence_parallel_size: 2\ncutoff_len: 512\nmax_steps: 3\nneat_packing: true\n"
              "bf16: true\n");
        write("two.toml",
              "[model]\nname = \"llama3\"\nflavor = \"8B\"\n[training]\nseq_len = 512\n"
              "[parallelism]\ncontext_parallel_degree = 2\n");
        write("broken.yaml", "stage: [sft\n");
        WindowOptions options;
        options.store = folder.filePath(QStringLiteral("runs.db")).toStdString();
        options.defaultStore = false;
        options.sample = test::sampleDraft();
        window = std::make_unique<MainWindow>(theme, transport, options);
        window->resize(1280, 800);
        window->show();
        window->goTo(QStringLiteral("migrate"));
    }

    MigratePage& page() { return window->page<MigratePage>(); }
    fs::path old() const { return fs::path(folder.path().toStdString()) / "old"; }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories(old());
        ASSERT_TRUE(writeOutput(old() / name, text).ok());
    }

    void drop(const std::vector<fs::path>& paths) {
        QMimeData data;
        QList<QUrl> urls;
        for (const fs::path& path : paths)
            urls << QUrl::fromLocalFile(QString::fromStdString(path.string()));
        data.setUrls(urls);
        QDragEnterEvent enter({9, 9}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page(), &enter);
        QDropEvent drop({9, 9}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page(), &drop);
    }

    QAbstractButton* button(const char* name) {
        auto* found = page().findChild<QAbstractButton*>(QString::fromLatin1(name));
        EXPECT_NE(found, nullptr) << name;
        return found;
    }
    void click(const char* name) {
        QAbstractButton* found = button(name);
        ASSERT_TRUE(found->isVisible() && found->isEnabled()) << name;
        QTest::mouseClick(found, Qt::LeftButton);
    }
    QTableWidget& batch() { return *page().findChild<QTableWidget*>(QStringLiteral("batchTable")); }
    void openRow(const QString& name) {
        for (int row = 0; row < batch().rowCount(); ++row)
            if (batch().item(row, 0)->text() == name) {
                batch().setCurrentCell(row, 0);
                Q_EMIT batch().cellActivated(row, 0);
                return;
            }
        ADD_FAILURE() << name.toStdString() << " is not listed";
    }
    // RINGSCOPE_PICTURES names a folder for what was seen, in both themes.
    void keepPictures(const QString& name) {
        const QString pictures = qEnvironmentVariable("RINGSCOPE_PICTURES");
        if (pictures.isEmpty()) return;
        for (const auto& [choice, word] :
             {std::pair(Theme::Light, "light"), {Theme::Dark, "dark"}}) {
            theme.setTheme(choice);
            QTest::qWait(50);
            EXPECT_TRUE(window->grab().save(
                QStringLiteral("%1/%2-%3.png").arg(pictures, name, QLatin1String(word))));
        }
    }
    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }

    QTemporaryDir folder;
    ThemeController theme;
    test::FakeTransport transport;
    std::unique_ptr<MainWindow> window;
};

TEST_F(Wizard, ListsTheFilesOfAFolderAndOpensOneOfThem) {
    drop({old()});
    EXPECT_EQ(page().step(), MigratePage::Source);
    ASSERT_EQ(batch().rowCount(), 3) << page().problem().toStdString();
    EXPECT_TRUE(batch().item(0, 1)->text().contains(QStringLiteral("not YAML")));
    EXPECT_EQ(batch().item(2, 1)->text(), QStringLiteral("torchtitan"));
    keepPictures(QStringLiteral("files"));
    openRow(QStringLiteral("broken.yaml"));
    EXPECT_EQ(page().step(), MigratePage::Source) << "there is nothing to open";
    openRow(QStringLiteral("two.toml"));
    EXPECT_EQ(page().step(), MigratePage::Keys);
    EXPECT_TRUE(QString::fromStdString(page().draft().path()).endsWith(QStringLiteral("two.toml")));
}

TEST_F(Wizard, GoesBackWithoutLosingAnswers) {
    drop({old() / "one.yaml", old() / "two.toml"});
    openRow(QStringLiteral("one.yaml"));
    page().goTo(MigratePage::Decisions);
    click("decide_packing_across");
    const std::string experiment = page().draft().migration().experiment;
    page().goTo(MigratePage::Source);
    ASSERT_EQ(batch().rowCount(), 2);
    openRow(QStringLiteral("two.toml"));
    EXPECT_NE(page().draft().migration().experiment, experiment);
    page().goTo(MigratePage::Source);
    openRow(QStringLiteral("one.yaml"));
    EXPECT_EQ(page().draft().migration().experiment, experiment);
    page().goTo(MigratePage::Decisions);
    EXPECT_TRUE(button("decide_packing_across")->isChecked());
}

TEST_F(Wizard, PlansBothWaysBesideEachOther) {
    drop({old() / "one.yaml"});
    waitFor([this] { return page().settled(); });
    page().goTo(MigratePage::Outcome);
    const Migration& migration = page().draft().migration();
    ASSERT_TRUE(migration.cost && migration.oldCost);
    const auto shown = [this](const char* name) {
        return page().findChild<QLabel*>(QString::fromLatin1(name))->text().toStdString();
    };
    keepPictures(QStringLiteral("planned"));
    EXPECT_EQ(shown("cost_memory_new"), formatBytes({migration.cost->peakBytes}));
    EXPECT_EQ(shown("cost_memory_old"), formatBytes({migration.oldCost->peakBytes}));
    EXPECT_EQ(shown("cost_sent_old"), formatBytes({migration.oldCost->sentBytes}));
    EXPECT_EQ(shown("cost_time_new"), formatDuration(Nanos(migration.cost->stepNanos)));
}

TEST_F(Wizard, FindsModelsInAFolderThatIsNamedOnce) {
    const fs::path root = old().parent_path() / "models";
    fs::create_directories(root / "Qwen2.5-0.5B");
    ASSERT_TRUE(writeOutput(root / "Qwen2.5-0.5B" / "config.json",
                            R"({"model_type": "qwen2", "hidden_size": 64, "num_hidden_layers": 2,
                               "num_attention_heads": 4, "num_key_value_heads": 2,
                               "intermediate_size": 128, "vocab_size": 512,
                               "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
                               "rope_theta": 10000.0, "tie_word_embeddings": true})")
                    .ok());
    drop({old() / "one.yaml"});
    page().goTo(MigratePage::Decisions);
    EXPECT_TRUE(button("findModels")->isVisible());
    page().findModelsIn(QString::fromStdString(root.string()));
    EXPECT_FALSE(button("findModels")->isVisible());
    EXPECT_TRUE(page().command().contains(QStringLiteral("--model-root")));
    write("three.yaml",
          "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: pt\ncutoff_len: 256\n"
          "finetuning_type: full\nsequence_parallel_size: 2\n");
    drop({old() / "three.yaml"});
    EXPECT_TRUE(page().draft().findsModels()) << "it is not asked again";
}

TEST_F(Wizard, GoesFromTheDropToAProofAndAStartedRun) {
    drop({old() / "one.yaml"});
    ASSERT_EQ(page().step(), MigratePage::Keys);
    click("nextStep");
    click("takeDefaults");
    click("nextStep");
    ASSERT_EQ(page().step(), MigratePage::Outcome);
    click("step_4");
    ASSERT_EQ(page().step(), MigratePage::Proof);

    transport.gate.allow(test::StepGate::open);
    click("prove");
    waitFor([this] { return page().draft().migration().proof != nullptr; });
    const Proven& proven = *page().draft().migration().proof;
    ASSERT_EQ(proven.runs.size(), 2U);
    EXPECT_EQ(proven.runs[0].config.parallel.mode, "legacy");
    EXPECT_EQ(proven.runs[1].config.parallel.mode, "zigzag");
    EXPECT_EQ(proven.runs[1].config.parallel.sp, 2);
    auto* table = page().findChild<QTableWidget*>(QStringLiteral("proofTable"));
    ASSERT_EQ(table->rowCount(), 2);
    EXPECT_EQ(table->item(0, 1)->text(), QStringLiteral("legacy"));
    EXPECT_FALSE(table->item(1, 2)->text().isEmpty());

    keepPictures(QStringLiteral("proved"));
    const QString report = folder.filePath(QStringLiteral("report.html"));
    ASSERT_EQ(page().saveReport(report), QString());
    const std::string html = readFile(report.toStdString()).value();
    EXPECT_NE(html.find("<h2>Proof</h2>"), std::string::npos);
    EXPECT_NE(html.find("chart-loss"), std::string::npos) << "the losses are drawn";
    QSignalSpy compared(&page(), &MigratePage::compareRequested);
    click("compareProof");
    EXPECT_EQ(compared.size(), 1);

    window->goTo(QStringLiteral("migrate"));
    page().goTo(MigratePage::Decisions);
    click("decide_packing_across");
    EXPECT_EQ(page().draft().migration().proof, nullptr) << "of another experiment";
    click("decide_packing_apart");
    EXPECT_NE(page().draft().migration().proof, nullptr) << "it comes back with its answers";

    page().goTo(MigratePage::Outcome);
    click("nextStep");
    EXPECT_EQ(window->pageName(), QStringLiteral("new"));
    auto& run = window->page<NewRunPage>();
    waitFor([&] { return run.settled() && run.plan() != nullptr; });
    ASSERT_TRUE(run.plan()->canStart()) << run.plan()->refusal;
    QTest::mouseClick(run.runButton(), Qt::LeftButton);
    waitFor([this] { return window->controller().running(); });
    waitFor([this] { return !window->controller().running(); });
    EXPECT_EQ(run.live().runs().size(), 1U);
}

}  // namespace
}  // namespace ringscope::ui
