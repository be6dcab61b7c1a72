#include "ui/main_window.h"

#include "backend/core/shell.h"
#include "ui/look/icons.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/traces_page.h"
#include "ui/widgets/parts.h"

#include <QActionGroup>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QDir>
#include <QFileDialog>
#include <QMenuBar>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

constexpr int messageMs = 8000;

struct PageRow {
    MainWindow::Page page;
    const char* name;   // --page
    const char* title;  // on the rail
    Icon icon;
};
constexpr PageRow pageTable[] = {
    {MainWindow::Runs, "runs", QT_TRANSLATE_NOOP("MainWindow", "Runs"), Icon::Runs},
    {MainWindow::NewRun, "new", QT_TRANSLATE_NOOP("MainWindow", "New run"), Icon::NewRun},
    {MainWindow::Compare, "compare", QT_TRANSLATE_NOOP("MainWindow", "Compare"), Icon::Compare},
    {MainWindow::Traces, "traces", QT_TRANSLATE_NOOP("MainWindow", "Traces"), Icon::Timeline},
    {MainWindow::Migrate, "migrate", QT_TRANSLATE_NOOP("MainWindow", "Migrate"), Icon::Migrate},
};

std::string storeForCommand(const WindowOptions& options) {
    return options.defaultStore ? std::string() : options.store.string();
}

// "~/…": where the home folder is, nobody needs to be told.
QString shownPath(const std::filesystem::path& path) {
    QString shown = text(path.string());
    const QString home = QDir::homePath();
    if (!home.isEmpty() && shown.startsWith(home + QLatin1Char('/')))
        shown = QLatin1Char('~') + shown.mid(home.size());
    return shown;
}

}  // namespace

std::optional<MainWindow::Page> MainWindow::pageFromName(const QString& name) {
    for (const PageRow& row : pageTable)
        if (name == QLatin1String(row.name)) return row.page;
    return std::nullopt;
}

QString MainWindow::pageNames() {
    QString names = QLatin1String(std::begin(pageTable)->name);
    for (const PageRow* row = std::begin(pageTable) + 1; row != std::end(pageTable); ++row)
        names += QLatin1String(row + 1 == std::end(pageTable) ? " or " : ", ") +
                 QLatin1String(row->name);
    return names;
}

MainWindow::MainWindow(ThemeController& theme, Transport& transport, WindowOptions options)
    : theme_(theme),
      options_(std::move(options)),
      store_(options_.store),
      controller_(transport, options_.store),
      reports_(store_),
      rail_(new QButtonGroup(this)),
      pages_(new QStackedWidget),
      runs_(new RunsPage(store_)),
      newRun_(new NewRunPage(controller_, options_.sample, storeForCommand(options_))),
      compare_(new ComparePage(store_, storeForCommand(options_))),
      traces_(new TracesPage(store_)),
      migrate_(new MigratePage),
      jobs_(new QWidget),
      jobName_(makeLabel({})),
      jobBar_(new QProgressBar),
      jobStop_(makeButton(Icon::Stop, tr("Stop"))),
      storePath_(new ElidedLabel(Qt::ElideMiddle)) {
    setWindowTitle(tr("Ringscope"));
    setWindowIcon(applicationIcon());
    pages_->addWidget(runs_);
    pages_->addWidget(newRun_);
    pages_->addWidget(compare_);
    pages_->addWidget(traces_);
    pages_->addWidget(migrate_);
    auto* middle = new QWidget;
    auto* line = row(middle, 0, 0);
    line->addWidget(makeRail());
    line->addWidget(pages_, 1);
    setCentralWidget(middle);
    makeMenus();
    makeStatusBar();
    connectPages();
    setMinimumSize(scaled(880), scaled(560));
    restore();
    goTo(Runs);
    showStore();
    showJobs();
}

MainWindow::~MainWindow() = default;

QWidget* MainWindow::makeRail() {
    auto* rail = new QWidget;
    rail->setObjectName(QStringLiteral("rail"));
    rail->setAttribute(Qt::WA_StyledBackground);
    rail->setFixedWidth(scaled(76));
    QVBoxLayout* layout = column(rail, 0, 0);
    for (const PageRow& row : pageTable) {
        auto* button = new QToolButton;
        button->setText(tr(row.title));
        button->setIcon(icon(row.icon));
        button->setIconSize(QSize(scaled(24), scaled(24)));
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setToolTip(tr("%1 (Ctrl+%2)").arg(tr(row.title)).arg(int(row.page) + 1));
        button->setObjectName(QStringLiteral("rail_") + QLatin1String(row.name));
        rail_->addButton(button, row.page);
        layout->addWidget(button);
    }
    layout->addStretch();
    rail_->setExclusive(true);
    connect(rail_, &QButtonGroup::idClicked, this, [this](int id) { goTo(Page(id)); });
    connect(&theme_, &ThemeController::changed, rail, [this, rail] {
        rail->setFixedWidth(scaled(76));
        for (QAbstractButton* button : rail_->buttons())
            button->setIconSize(QSize(scaled(24), scaled(24)));
    });
    return rail;
}

void MainWindow::makeMenus() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    QAction* open = file->addAction(icon(Icon::Open), tr("&Open experiment…"), this, [this] {
        const QString name = QFileDialog::getOpenFileName(
            this, tr("Open experiment"), {}, tr("Experiments (*.yaml *.yml);;All files (*)"));
        if (name.isEmpty()) return;
        if (const QString problem = openExperiment(name); !problem.isEmpty())
            QMessageBox::warning(this, tr("Open experiment"), problem);
    });
    open->setShortcut(QKeySequence::Open);
    file->addSeparator();
    file->addAction(tr("&Quit"), this, &QWidget::close)->setShortcut(QKeySequence::Quit);

    QMenu* go = menuBar()->addMenu(tr("&Go"));
    for (const PageRow& row : pageTable)
        go->addAction(icon(row.icon), tr(row.title), this, [this, &row] {
              goTo(row.page);
          })->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + int(row.page))));
    go->addSeparator();
    go->addAction(tr("Find runs"), this, [this] {
          goTo(Runs);
          runs_->focusFilter();
      })->setShortcut(QKeySequence::Find);
    go->addAction(tr("Read the store again"), this, [this] {
          store_.refresh();
          traces_->refresh();
      })->setShortcut(QKeySequence::Refresh);
    go->addAction(tr("Stop what runs"), &controller_, &RunController::stop)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+.")));

    makeThemeMenu(*menuBar()->addMenu(tr("&View")));
    menuBar()->addMenu(tr("&Help"))->addAction(tr("About Ringscope"), this, &MainWindow::about);
}

void MainWindow::makeThemeMenu(QMenu& view) {
    QMenu* themes = view.addMenu(tr("&Theme"));
    auto* group = new QActionGroup(this);
    const std::pair<Theme, QString> choices[] = {
        {Theme::System, tr("&System")}, {Theme::Light, tr("&Light")}, {Theme::Dark, tr("&Dark")}};
    for (const auto& [choice, title] : choices) {
        QAction* action = themes->addAction(title);
        action->setCheckable(true);
        action->setData(int(choice));
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, choice = choice] {
            theme_.setTheme(choice);
            remember();
        });
    }
    const auto showChoice = [this, group] {
        for (QAction* action : group->actions())
            action->setChecked(action->data().toInt() == int(theme_.theme()));
    };
    connect(&theme_, &ThemeController::changed, this, showChoice);
    showChoice();

    QMenu* zoom = view.addMenu(tr("&Zoom"));
    const auto addZoom = [&](const QString& title, const QKeySequence& keys, auto next) {
        zoom->addAction(title, this,
                        [this, next] {
                            theme_.setZoom(next(theme_.zoom()));
                            remember();
                        })
            ->setShortcut(keys);
    };
    addZoom(tr("Zoom in"), QKeySequence::ZoomIn, [](double now) { return now + 0.125; });
    addZoom(tr("Zoom out"), QKeySequence::ZoomOut, [](double now) { return now - 0.125; });
    addZoom(tr("Actual size"), QKeySequence(QStringLiteral("Ctrl+0")), [](double) { return 1.0; });
}

void MainWindow::makeStatusBar() {
    jobBar_->setTextVisible(false);
    jobBar_->setRange(0, 1000);
    jobBar_->setFixedWidth(scaled(120));
    jobBar_->setAccessibleName(tr("Progress of the experiment"));
    jobStop_->setProperty("quiet", true);
    jobStop_->setObjectName(QStringLiteral("jobStop"));
    connect(jobStop_, &QPushButton::clicked, &controller_, &RunController::stop);
    auto* line = row(jobs_, 0, 8);
    line->setContentsMargins(8, 0, 0, 0);
    line->addWidget(jobName_);
    line->addWidget(jobBar_);
    line->addWidget(jobStop_);
    storePath_->setContentsMargins(0, 0, scaled(12), 0);
    storePath_->setProperty("role", "small");
    storePath_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(jobs_);
    statusBar()->addPermanentWidget(storePath_, 1);
    connect(&controller_, &RunController::started, this, &MainWindow::showJobs);
    connect(&controller_, &RunController::progressed, this, &MainWindow::showJobs);
    connect(&store_, &StoreReader::changed, this, &MainWindow::showStore);
}

void MainWindow::connectPages() {
    connect(runs_, &RunsPage::demoRequested, this, &MainWindow::runDemo);
    connect(compare_, &ComparePage::demoRequested, this, &MainWindow::runDemo);
    connect(runs_, &RunsPage::compareRequested, this, &MainWindow::compareRuns);
    connect(newRun_, &NewRunPage::compareRequested, this, &MainWindow::compareRuns);
    connect(runs_, &RunsPage::reportRequested, this, &MainWindow::reportRuns);
    connect(compare_, &ComparePage::reportRequested, this, &MainWindow::reportRuns);
    connect(runs_, &RunsPage::commandRequested, this, &MainWindow::copyCommand);
    connect(runs_, &RunsPage::timelineRequested, this, [this](const RunId& run) {
        traces_->openRun(run);
        goTo(Traces);
    });
    connect(traces_, &TracesPage::newRunRequested, this, [this] { goTo(NewRun); });
    connect(traces_, &TracesPage::exported, this, [this](const QString& file) {
        statusBar()->showMessage(tr("Trace written to %1; open it on ui.perfetto.dev").arg(file),
                                 messageMs);
    });
    connect(&reports_, &ReportWriter::written, this, [this](const QString& file) {
        statusBar()->showMessage(tr("Report written to %1").arg(file), messageMs);
    });
    connect(&reports_, &ReportWriter::failed, this,
            [this](const QString& reason) { QMessageBox::warning(this, tr("Report"), reason); });
    connect(migrate_, &MigratePage::experimentReady, this,
            [this](const std::string& name, const std::string& content) {
                newRun_->openText(name, content);
                goTo(NewRun);
            });
    connect(migrate_, &MigratePage::fileReady, this, [this](const QString& file) {
        if (const QString problem = openExperiment(file); !problem.isEmpty())
            QMessageBox::warning(this, tr("Open experiment"), problem);
    });
    connect(&controller_, &RunController::finished, this, [this] {
        store_.refresh();
        if (closing_) close();
    });
}

void MainWindow::goTo(Page page) {
    pages_->setCurrentIndex(page);
    rail_->button(page)->setChecked(true);
    pages_->currentWidget()->setFocus();
}

MainWindow::Page MainWindow::page() const { return Page(pages_->currentIndex()); }

QString MainWindow::openExperiment(const QString& file) {
    const QString problem = newRun_->openFile(file);
    if (problem.isEmpty()) goTo(NewRun);
    return problem;
}

void MainWindow::openTrace(const std::filesystem::path& place) {
    traces_->openPlace(place);
    goTo(Traces);
}

QString MainWindow::openMigration(const QString& file) {
    const QString problem = migrate_->openFile(file);
    goTo(Migrate);
    return problem;
}

void MainWindow::showJobs() {
    jobs_->setVisible(controller_.running());
    jobName_->setText(tr("%1 · %2 of %3")
                          .arg(controller_.experimentName())
                          .arg(controller_.done())
                          .arg(countText(controller_.planned(), "run")));
    jobBar_->setValue(static_cast<int>(controller_.progress() * 1000));
    jobStop_->setEnabled(!controller_.stopping());
    jobStop_->setText(controller_.stopping() ? tr("Stopping…") : tr("Stop"));
}

void MainWindow::showStore() {
    const QString path = shownPath(store_.path());
    switch (store_.state()) {
        case StoreReader::State::Loading:
        case StoreReader::State::Ready:
            return storePath_->setFullText(tr("store %1").arg(path));
        case StoreReader::State::Missing:
            return storePath_->setFullText(tr("store %1 · made with the first run").arg(path));
        case StoreReader::State::Failed:
            return storePath_->setFullText(tr("store %1 · cannot be read").arg(path));
    }
}

void MainWindow::runDemo() {
    goTo(NewRun);
    newRun_->runSample();
}

void MainWindow::compareRuns(const std::vector<RunId>& runs) {
    if (runs.empty()) return;
    compare_->setRuns(runs);
    goTo(Compare);
}

void MainWindow::reportRuns(const std::vector<RunId>& runs) {
    if (runs.empty()) return;
    const QString file = QFileDialog::getSaveFileName(this, tr("Write report"),
                                                      QStringLiteral("ringscope-report.html"),
                                                      tr("Reports (*.html *.md *.csv *.json)"));
    if (!file.isEmpty()) reports_.write(runs, file.toStdString());
}

void MainWindow::copyCommand(const std::vector<RunId>& runs) {
    std::vector<std::string> words = {"compare"};
    if (runs.size() <= 1) words = {"runs", "show"};
    for (const RunId& run : runs) words.push_back(run.text.substr(0, 8));
    const std::string command = ringscopeCommand(storeForCommand(options_), words);
    copyToClipboard(text(command));
    statusBar()->showMessage(tr("Copied: %1").arg(text(command)), messageMs);
}

void MainWindow::about() {
    QMessageBox::about(
        this, tr("About Ringscope"),
        tr("Ringscope %1\n\nRuns the same training under each way of splitting its sequence, and "
           "shows which is fastest, fits, and still trains the same model.\n\n"
           "Free software under the GNU General Public License, version 3 or later.")
            .arg(options_.version));
}

void MainWindow::restore() {
    resize(scaled(1280), scaled(800));
    if (options_.settings == nullptr) return;
    theme_.setTheme(themeFromName(options_.settings->value(QStringLiteral("theme")).toString()));
    theme_.setZoom(options_.settings->value(QStringLiteral("zoom"), 1.0).toDouble());
    restoreGeometry(options_.settings->value(QStringLiteral("geometry")).toByteArray());
}

void MainWindow::remember() {
    if (options_.settings == nullptr) return;
    options_.settings->setValue(QStringLiteral("theme"), themeName(theme_.theme()));
    options_.settings->setValue(QStringLiteral("zoom"), theme_.zoom());
    options_.settings->setValue(QStringLiteral("geometry"), saveGeometry());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!controller_.running()) {
        remember();
        return event->accept();
    }
    event->ignore();
    if (closing_) return;
    const auto ask = [this] {
        QMessageBox box(QMessageBox::Question, tr("Runs are going on"),
                        tr("%1 is still running.").arg(controller_.experimentName()),
                        QMessageBox::NoButton, this);
        QPushButton* stop = box.addButton(tr("Stop runs and quit"), QMessageBox::AcceptRole);
        QPushButton* stay = box.addButton(tr("Keep running"), QMessageBox::RejectRole);
        box.setInformativeText(
            tr("What was measured so far is kept; the unfinished runs end as cancelled."));
        box.setDefaultButton(stay);
        box.exec();
        return box.clickedButton() == stop;
    };
    if (!(askToStop_ ? askToStop_() : ask())) return;
    closing_ = true;  // the window goes when the last process has
    controller_.stop();
    if (!controller_.running()) close();
}

}  // namespace ringscope::ui
