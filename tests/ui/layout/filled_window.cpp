#include "tests/ui/layout/filled_window.h"

#include "backend/store/store.h"
#include "tests/backend/compare/sweep_runs.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/migrate/key_model.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/live_panel.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/run_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/trace_beside.h"
#include "ui/pages/traces_page.h"
#include "ui/pages/view_button.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/find_bar.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/search_bar.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

namespace ringscope::test {
namespace {

using ui::MainWindow;
using ui::patience;

void waitUntil(const std::function<bool()>& condition, const char* what) {
    if (!QTest::qWaitFor(condition, patience)) throw std::runtime_error(what);
}

void must(bool done, const char* what) {
    if (!done) throw std::runtime_error(what);
}

// A run as a user with eight GPUs has them: figures of many digits.
RunRecord longRun(const std::string& mode, int ms) {
    RunRecord run = finishedRun("study-" + mode, mode, ms, 20);
    run.experiment = "long-context-study";
    run.experimentId = "study";
    run.name = "long-context-study/" + mode;
    run.baseline = mode == "legacy";
    run.config.train.seqLen = 1'048'576;
    run.config.profile.steps = StepRange{3, 6};
    for (StepRecord& step : run.steps) step.tokens = run.config.train.seqLen;
    for (RankRecord& rank : run.rankRecords) {
        rank.host = "gpu-node-17.cluster.example";
        rank.peakMemory = {139'876'543'210};
        rank.attentionBytesPerStep = {12'345'678'901};
    }
    run.predictedAttentionBytesPerStep = {12'345'678'901};
    run.device = "cuda";
    run.versions = "ringscope 0.1.0, torch 2.11.0, nccl 2.27";
    run.environment.hosts = {{.host = "gpu-node-17.cluster.example",
                              .processor = "AMD EPYC 9654 96-Core Processor",
                              .cores = 192,
                              .memory = {1'500'000'000'000},
                              .gpus = {"NVIDIA H200", "NVIDIA H200"}}};
    run.environment.network = "gpu-node-17.cluster.example ib0";
    run.environment.origin = {
        .command = "ringscope run experiments/long-context-study.yaml --hosts gpu-node-17:8",
        .folder = "/home/user/projects/long-context/experiments",
        .commit = "4f1c2ab90d33"};
    run.parity = Parity{.reference = {"study-none"}, .maxLossDiff = 3.1e-7, .steps = 20};
    run.overlap = OverlapFigures{.steps = 4,
                                 .exposedMs = 12'345.6,
                                 .waitMs = 1'234.5,
                                 .hiddenWaitMs = 234.5,
                                 .transferMs = 4'321.0,
                                 .hiddenPercent = 41.5,
                                 .lateRank = 7};
    run.tags = {"paper", "second-try"};
    run.note = "the fan of the third node was off";
    return run;
}

std::vector<RunRecord> userRuns() {
    std::vector<RunRecord> runs;
    int ms = 812'345;
    for (const char* mode :
         {"legacy", "ring", "zigzag", "ulysses", "ring-allgather", "double-ring", "llama3"})
        runs.push_back(longRun(mode, ms -= 61'234));
    RunRecord failed = longRun("usp", 100);
    failed.status = RunStatus::Failed;
    failed.statusReason =
        "rank 3 on gpu-node-17.cluster.example was ended by SIGKILL, which nobody here sent: the "
        "machine may have run out of memory; lower train.seq_len or use more ranks";
    failed.steps.resize(2);
    failed.parity.reset();
    failed.overlap.reset();
    runs.push_back(failed);
    std::int64_t created = 1'700'000'000'000'000;
    for (RunRecord& run : runs) run.createdUs = created += 60'000'000;
    return runs;
}

void write(Store& store, const RunRecord& run) {
    must(store.created(run).ok(), "a run is not begun");
    for (const StepRecord& step : run.steps) must(store.step(run, step).ok(), "a step is not kept");
    for (const RankRecord& rank : run.rankRecords)
        must(store.logLine(run, rank.rank, std::string(180, 'w')).ok(), "a line is not kept");
    must(store.ended(run).ok(), "a run is not ended");
}

// Attention, messages and memory of four ranks.
std::vector<RankTrace> recording(const char* mode) {
    std::vector<RankTrace> ranks = busyRanks(4, 2'000);
    for (RankTrace& rank : ranks) {
        rank.origin.mode = mode;
        addAllocations(rank, 400);
    }
    std::int64_t at = 0;
    for (Allocation& one : ranks.front().allocations)  // every category is in the legend
        one.category = static_cast<MemoryCategory>(at++ % memoryCategoryCount);
    return ranks;
}

void showTrace(MainWindow& window, bool two) {
    auto& page = window.page<ui::TracesPage>();
    window.goTo(QStringLiteral("traces"));
    page.search().close();
    page.openRun({"study-ring"});
    waitUntil([&] { return page.timeline().trace() != nullptr && page.settled(); }, "no trace");
    page.beside().choice().setCurrentIndex(two ? 1 : 0);
}

void showRunPage(MainWindow& window, const char* run, const char* tab) {
    auto& runs = window.page<ui::RunsPage>();
    window.goTo(QStringLiteral("runs"));
    runs.openRun({run});
    QTabWidget& tabs = runs.runPage().tabs();
    for (int i = 0; i < tabs.count(); ++i)
        if (tabs.tabText(i) == QLatin1String(tab)) return tabs.setCurrentIndex(i);
    throw std::runtime_error("no such tab");
}

void showMigration(MainWindow& window, ui::MigratePage::Step step) {
    auto& page = window.page<ui::MigratePage>();
    if (!page.draft().loaded())
        must(window.openMigration(QStringLiteral(RINGSCOPE_FIXTURES "/alst_fork.yaml")).ok(),
             "the configuration is not opened");
    window.goTo(QStringLiteral("migrate"));
    page.goTo(step);
    waitUntil([&] { return page.settled(); }, "no costs");
}

void compareExperiment(MainWindow& window, const QString& key) {
    window.goTo(QStringLiteral("compare"));
    auto& page = window.page<ui::ComparePage>();
    for (auto* box : page.findChildren<ui::ChoiceBox*>())
        if (const int at = box->findData(key); at >= 0) return box->setCurrentIndex(at);
    throw std::runtime_error("no such experiment on Compare");
}

void showTable(MainWindow& window, const char* run) {
    window.goTo(QStringLiteral("runs"));
    auto& page = window.page<ui::RunsPage>();
    if (page.showsRun()) page.showTable();
    QTableView& table = page.table();
    for (int row = 0; row < table.model()->rowCount(); ++row)
        if (ui::runAt(table.model()->index(row, 0))->id.text == run) return table.selectRow(row);
    throw std::runtime_error("no such run in the table");
}

void showNewRun(MainWindow& window, const std::string& experiment) {
    window.goTo(QStringLiteral("new"));
    window.page<ui::NewRunPage>().openText("study.yaml", experiment);
}

// Rows that fit, rows that do not, and rows that cannot work.
void showPlan(MainWindow& window, const char* tokens) {
    window.goTo(QStringLiteral("plan"));
    ui::ExperimentDraft draft = sampleDraft();
    draft.fileName = "experiments/long-context-study.yaml";
    draft.fileText =
        "name: study\n"
        "model: {layers: 8, hidden_size: 3072, heads: 12, kv_heads: 4, ffn_size: 8192}\n"
        "parallel: {sp: 8, comm_buffer_limit: 64GiB}\n";
    draft.edits["train.precision"] = "bf16";
    draft.edits["train.seq_len"] = tokens;
    window.page<ui::PlanPage>().takeDraft(draft);
}

using Show = void (*)(MainWindow& window);
const std::vector<std::pair<std::string, Show>>& table() {
    using Step = ui::MigratePage::Step;
    static const std::vector<std::pair<std::string, Show>> rows = {
        {"runs", [](MainWindow& w) { showTable(w, "study-ring-allgather"); }},
        {"runs-view",
         [](MainWindow& w) {
             showTable(w, "study-ring-allgather");
             w.page<ui::RunsPage>().views().save(QStringLiteral("rings of 128k on nodes 1 to 4"));
         }},
        {"runs-failed", [](MainWindow& w) { showTable(w, "study-usp"); }},
        {"run-steps", [](MainWindow& w) { showRunPage(w, "study-zigzag", "Steps"); }},
        {"run-ranks", [](MainWindow& w) { showRunPage(w, "study-zigzag", "Ranks and hosts"); }},
        {"run-memory", [](MainWindow& w) { showRunPage(w, "study-zigzag", "Memory"); }},
        {"run-memory-unknown", [](MainWindow& w) { showRunPage(w, "study-usp", "Memory"); }},
        {"run-log", [](MainWindow& w) { showRunPage(w, "study-usp", "Log"); }},
        {"run-configuration",
         [](MainWindow& w) { showRunPage(w, "study-zigzag", "Configuration"); }},
        {"run-environment", [](MainWindow& w) { showRunPage(w, "study-zigzag", "Environment"); }},
        {"run-files", [](MainWindow& w) { showRunPage(w, "study-zigzag", "Files"); }},
        {"new",
         [](MainWindow& w) {
             showNewRun(w,
                        "model: {preset: small}\ntrain: {seq_len: 131072}\nparallel: {sp: 8}\n"
                        "matrix: {parallel.mode: [legacy, ring, zigzag, ulysses]}\n");
         }},
        {"new-refused",
         [](MainWindow& w) {
             showNewRun(w,
                        "model: {preset: tiny}\ntrain: {seq_len: 1000}\nparallel: {sp: 6}\n"
                        "matrix: {parallel.mode: [legacy, ring, zigzag, ulysses, double-ring]}\n");
         }},
        {"compare-bars", [](MainWindow& w) { compareExperiment(w, QStringLiteral("study")); }},
        {"compare-curves",
         [](MainWindow& w) { compareExperiment(w, ui::text(sweepRuns().front().experimentId)); }},
        {"traces", [](MainWindow& w) { showTrace(w, false); }},
        {"traces-two", [](MainWindow& w) { showTrace(w, true); }},
        {"traces-search",
         [](MainWindow& w) {
             showTrace(w, false);
             w.find();
             w.page<ui::TracesPage>().search().box().setText(
                 QStringLiteral("attention rank 2 ring step 3"));
         }},
        {"plan", [](MainWindow& w) { showPlan(w, "1048576"); }},
        {"plan-refused", [](MainWindow& w) { showPlan(w, "no number"); }},
        {"palette",
         [](MainWindow& w) {
             showTable(w, "study-zigzag");
             w.openPalette();
         }},
        {"find",
         [](MainWindow& w) {
             showMigration(w, Step::Keys);
             w.find();
             w.findBar().box().setText(QStringLiteral("sequence"));
         }},
        {"migrate-source", [](MainWindow& w) { showMigration(w, Step::Source); }},
        {"migrate-keys", [](MainWindow& w) { showMigration(w, Step::Keys); }},
        {"migrate-decisions", [](MainWindow& w) { showMigration(w, Step::Decisions); }},
        {"migrate-result", [](MainWindow& w) { showMigration(w, Step::Outcome); }},
        {"migrate-proof", [](MainWindow& w) { showMigration(w, Step::Proof); }},
        {"migrate-files",
         [](MainWindow& w) {
             w.page<ui::MigratePage>().openFiles({QStringLiteral(RINGSCOPE_FIXTURES)});
             w.goTo(QStringLiteral("migrate"));
         }},
        // Last: from here on New run shows what runs.
        {"live",
         [](MainWindow& w) {
             w.goTo(QStringLiteral("new"));
             auto& page = w.page<ui::NewRunPage>();
             if (!page.showsLive()) page.runSample();
             waitUntil([&] { return page.live().runs().size() == 2; }, "nothing runs");
         }},
    };
    return rows;
}

}  // namespace

FilledWindow::FilledWindow() {
    fillStore();
    ui::WindowOptions options;
    options.store = folder_.filePath(QStringLiteral("runs.db")).toStdString();
    options.defaultStore = false;
    options.sample = sampleDraft();
    window_ = std::make_unique<MainWindow>(theme_, transport_, options);
    transport_.gate.allow(6);  // the first run to its end, the second half way
    window_->show();
    settle();
}

FilledWindow::~FilledWindow() {
    transport_.gate.allow(StepGate::open);
    static_cast<void>(
        QTest::qWaitFor([this] { return !window_->controller().running(); }, patience));
    theme_.setZoom(1);
    theme_.setTheme(ui::Theme::Light);
}

std::vector<std::string> FilledWindow::views() {
    std::vector<std::string> names;
    for (const auto& [name, show] : table()) names.push_back(name);
    return names;
}

void FilledWindow::show(const std::string& view) {
    window_->palette().close();
    window_->findBar().close();
    for (const auto& [name, show] : table())
        if (name == view) show(*window_);
    settle();
}

void FilledWindow::resize(int width, int height) {
    window_->resize(width, height);
    settle();
}

void FilledWindow::settle() {
    waitUntil(
        [this] {
            return window_->store().idle() && window_->page<ui::RunsPage>().runPage().settled() &&
                   std::ranges::all_of(window_->pages(), &ui::Page::settled);
        },
        "the window does not settle");
    for (int i = 0; i < 4; ++i) QCoreApplication::processEvents();  // layouts within layouts
}

void FilledWindow::fillStore() {
    const std::filesystem::path file = folder_.filePath(QStringLiteral("runs.db")).toStdString();
    const auto store = Store::open(file, Store::Access::ReadWrite).value();
    for (const RunRecord& run : sweepRuns()) write(*store, run);
    for (const RunRecord& run : userRuns()) write(*store, run);
    writeTraces(traceRoot(file) / "study-ring", recording("ring"));
    writeTraces(traceRoot(file) / "study-zigzag", recording("zigzag"));
}

}  // namespace ringscope::test
