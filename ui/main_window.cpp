#include "ui/main_window.h"

#include "backend/core/shell.h"
#include "ui/look/icons.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/page_table.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/traces_page.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/find_bar.h"
#include "ui/widgets/parts.h"
#include "ui/window_commands.h"

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
// At zoom 1; at 150 % it is still no more than a screen of 1280 by 800 has.
constexpr int leastWidth = 832;
constexpr int leastHeight = 496;

std::string storeForCommand(const WindowOptions& options) {
    return options.defaultStore ? std::string() : options.store.string();
}

// A path in the user's home folder as "~/…".
QString shownPath(const std::filesystem::path& path) {
    QString shown = text(path.string());
    const QString home = QDir::homePath();
    if (!home.isEmpty() && shown.startsWith(home + QLatin1Char('/')))
        shown = QLatin1Char('~') + shown.mid(home.size());
    return shown;
}

}  // namespace

MainWindow::MainWindow(ThemeController& theme, Transport& transport, WindowOptions options)
    : theme_(theme),
      options_(std::move(options)),
      store_(options_.store),
      controller_(transport, options_.store),
      reports_(store_),
      opener_(*this, options_.store, options_.settings, openers()),
      rail_(new QButtonGroup(this)),
      stack_(new QStackedWidget),
      jobs_(new QWidget),
      jobName_(makeLabel({})),
      jobBar_(new QProgressBar),
      jobStop_(makeButton(Icon::Stop, tr("Stop"))),
      message_(new ElidedLabel(Qt::ElideMiddle)),
      storePath_(new ElidedLabel(Qt::ElideMiddle)),
      findBar_(new FindBar) {
    restoreLook();  // before there are widgets to style anew
    setWindowTitle(tr("Ringscope"));
    setWindowIcon(applicationIcon());
    controller_.setOriginOf(options_.originOf);
    const PageContext context{store_, controller_, options_.sample, storeForCommand(options_),
                              options_.settings};
    for (const PageRow& row : pageTable()) {
        pages_.push_back(row.make(context));
        stack_->addWidget(pages_.back());
        connectPage(*pages_.back());
    }
    auto* middle = new QWidget;
    auto* line = row(middle, 0, 0);
    line->addWidget(makeRail());
    auto* right = column(nullptr, 0, 0);
    right->addWidget(stack_, 1);
    right->addWidget(findBar_);
    findBar_->setContentsMargins(16, 0, 16, 8);
    line->addLayout(right, 1);
    setCentralWidget(middle);
    makeMenus();
    makeStatusBar();
    connectServices();
    palette_ = new CommandPalette(this);
    const auto fitLeast = [this] { setMinimumSize(scaled(leastWidth), scaled(leastHeight)); };
    connect(&theme_, &ThemeController::changed, this, fitLeast);
    fitLeast();
    restoreSize();
    goTo(*pages_.front());
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
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        const PageRow& row = pageTable()[i];
        const auto number = static_cast<int>(i);
        auto* button = new QToolButton;
        button->setText(Page::tr(row.title));
        button->setIcon(icon(row.icon));
        button->setIconSize(QSize(scaled(24), scaled(24)));
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setToolTip(tr("%1 (Ctrl+%2)").arg(Page::tr(row.title)).arg(number + 1));
        button->setObjectName(QStringLiteral("rail_") + QLatin1String(row.name));
        rail_->addButton(button, number);
        layout->addWidget(button);
    }
    layout->addStretch();
    rail_->setExclusive(true);
    connect(rail_, &QButtonGroup::idClicked, this,
            [this](int id) { goTo(*pages_[static_cast<std::size_t>(id)]); });
    connect(&theme_, &ThemeController::changed, rail, [this, rail] {
        rail->setFixedWidth(scaled(76));
        for (QAbstractButton* button : rail_->buttons())
            button->setIconSize(QSize(scaled(24), scaled(24)));
    });
    return rail;
}

void MainWindow::makeMenus() {
    makeFileMenu(*menuBar()->addMenu(tr("&File")));
    QMenu* go = menuBar()->addMenu(tr("&Go"));
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        const PageRow& row = pageTable()[i];
        go->addAction(icon(row.icon), Page::tr(row.title), this, [this, i] {
              goTo(*pages_[i]);
          })->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + static_cast<int>(i))));
    }
    go->addSeparator();
    go->addAction(tr("Find on this page"), this, &MainWindow::find)
        ->setShortcut(QKeySequence::Find);
    go->addAction(tr("Read the store again"), this, [this] {
          store_.refresh();
          for (Page* page : pages_) page->refresh();
      })->setShortcut(QKeySequence::Refresh);
    go->addAction(tr("Stop what runs"), &controller_, &RunController::stop)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+.")));

    makeThemeMenu(*menuBar()->addMenu(tr("&View")));
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("All actions…"), this, &MainWindow::openPalette)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+K")));
    help->addAction(tr("Keyboard shortcuts"), this, &MainWindow::showShortcuts)
        ->setShortcut(QKeySequence(QStringLiteral("F1")));
    help->addAction(tr("About Ringscope"), this, &MainWindow::about);
}

void MainWindow::makeFileMenu(QMenu& file) {
    file.addAction(icon(Icon::Open), tr("&Open…"), this, &MainWindow::askForPlace)
        ->setShortcut(QKeySequence::Open);
    QMenu* recent = file.addMenu(tr("Open &recent"));
    opener_.fillMenu(*recent);
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { opener_.fillMenu(*recent); });
    file.addSeparator();
    file.addAction(tr("&Quit"), this, &QWidget::close)->setShortcut(QKeySequence::Quit);
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
    message_->setContentsMargins(scaled(8), 0, 0, 0);
    message_->setObjectName(QStringLiteral("message"));
    messageTimer_.setSingleShot(true);
    messageTimer_.setInterval(messageMs);
    connect(&messageTimer_, &QTimer::timeout, message_, [this] { message_->setFullText({}); });
    statusBar()->addWidget(jobs_);
    statusBar()->addWidget(message_, 1);
    statusBar()->addPermanentWidget(storePath_, 1);
    connect(&controller_, &RunController::started, this, &MainWindow::showJobs);
    connect(&controller_, &RunController::progressed, this, &MainWindow::showJobs);
    connect(&store_, &StoreReader::changed, this, &MainWindow::showStore);
}

void MainWindow::connectServices() {
    connect(&opener_, &FileOpener::messageReady, this, &MainWindow::showMessage);
    connect(&reports_, &ReportWriter::written, this,
            [this](const QString& file) { showMessage(tr("Report written to %1").arg(file)); });
    connect(&reports_, &ReportWriter::failed, this,
            [this](const QString& reason) { QMessageBox::warning(this, tr("Report"), reason); });
    connect(&controller_, &RunController::finished, this, [this] {
        store_.refresh();
        if (closing_) close();
    });
}

// What any page may ask for.
void MainWindow::connectPage(Page& asking) {
    connect(&asking, &Page::demoRequested, this, &MainWindow::runDemo);
    connect(&asking, &Page::newRunRequested, this, [this] { goTo(page<NewRunPage>()); });
    connect(&asking, &Page::compareRequested, this, &MainWindow::compareRuns);
    connect(&asking, &Page::reportRequested, this,
            [this](const std::vector<RunId>& runs) { reportRuns(runs, std::nullopt); });
    connect(&asking, &Page::reportOverRequested, this, &MainWindow::reportRuns);
    connect(&asking, &Page::commandRequested, this, &MainWindow::copyCommand);
    connect(&asking, &Page::timelineRequested, this, [this](const RunId& run) {
        page<TracesPage>().openRun(run);
        goTo(page<TracesPage>());
    });
    connect(&asking, &Page::experimentReady, this,
            [this](const std::string& name, const std::string& content) {
                page<NewRunPage>().openText(name, content);
                goTo(page<NewRunPage>());
            });
    connect(&asking, &Page::draftPlanned, this,
            [this](const ExperimentDraft& draft) { page<PlanPage>().offerDraft(draft); });
    connect(&asking, &Page::experimentSaved, this, [this](const QString& file) {
        if (const Result<void> opened = openExperiment(file); !opened.ok())
            QMessageBox::warning(this, tr("Open experiment"), text(opened.error().message));
    });
    connect(&asking, &Page::placeOpened, this,
            [this](const Place& place) { opener_.remember(place); });
    connect(&asking, &Page::messageReady, this, &MainWindow::showMessage);
}

void MainWindow::showMessage(const QString& sentence) {
    message_->setFullText(sentence);
    message_->setToolTip(sentence);
    messageTimer_.start();
}

void MainWindow::goTo(Page& page) {
    findBar_->close();
    stack_->setCurrentWidget(&page);
    rail_->button(stack_->currentIndex())->setChecked(true);
    page.setFocus();
}

void MainWindow::goTo(const QString& page) {
    for (std::size_t i = 0; i < pages_.size(); ++i)
        if (page == QLatin1String(pageTable()[i].name)) return goTo(*pages_[i]);
}

QString MainWindow::pageName() const {
    return QLatin1String(pageTable()[static_cast<std::size_t>(stack_->currentIndex())].name);
}

Result<void> MainWindow::openExperiment(const QString& file) {
    RINGSCOPE_CHECK(page<NewRunPage>().openFile(file));
    goTo(page<NewRunPage>());
    return {};
}

void MainWindow::openTrace(const std::filesystem::path& place) {
    page<TracesPage>().openPlace(place);
    goTo(page<TracesPage>());
}

Result<void> MainWindow::openMigration(const QString& file) {
    Result<void> opened = page<MigratePage>().openFile(file);
    goTo(page<MigratePage>());
    return opened;
}

PlaceOpeners MainWindow::openers() {
    const auto problemOf = [](const Result<void>& opened) {
        return opened.ok() ? QString() : text(opened.error().message);
    };
    return {.experiment =
                [this, problemOf](const QString& file) { return problemOf(openExperiment(file)); },
            .trace =
                [this](const QString& place) {
                    openTrace(place.toStdString());
                    return QString();
                },
            .configuration =
                [this, problemOf](const QString& file) { return problemOf(openMigration(file)); },
            .configurations =
                [this](const QStringList& paths) {
                    page<MigratePage>().openFiles(paths);
                    goTo(page<MigratePage>());
                    return page<MigratePage>().problem();
                },
            .store = [this](const QString& file) { return openStore(file); }};
}

QString MainWindow::openStore(const QString& file) {
    const std::filesystem::path store = file.toStdString();
    std::error_code failed;
    if (std::filesystem::equivalent(store, store_.path(), failed)) {
        goTo(page<RunsPage>());
        return {};
    }
    if (!options_.openStore) return tr("'%1' is a store; this window shows another").arg(file);
    const QString problem = options_.openStore(store);
    if (problem.isEmpty()) opener_.remember({PlaceKind::Store, store});
    return problem;
}

void MainWindow::askForPlace() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Open an experiment, a trace, a store or another program's configuration"), {},
        tr("All of these (*.yaml *.yml *.json *.json.gz *.trace *.sqlite *.db);;All files (*)"));
    if (file.isEmpty()) return;
    if (const QString problem = open(file); !problem.isEmpty())
        QMessageBox::warning(this, tr("Open"), problem);
}

void MainWindow::openPalette() {
    for (const QAction* top : menuBar()->actions())
        for (const QAction* action : top->menu()->actions())
            if (action->menu() != nullptr) Q_EMIT action->menu()->aboutToShow();
    std::vector<Command> commands = menuCommands(*menuBar());
    const PageRow& row = pageTable()[static_cast<std::size_t>(stack_->currentIndex())];
    for (Command& command : pageCommands(*stack_->currentWidget(), Page::tr(row.title)))
        commands.push_back(std::move(command));
    palette_->open(std::move(commands));
}

void MainWindow::find() {
    Page& shown = *pages_[static_cast<std::size_t>(stack_->currentIndex())];
    if (!shown.find()) findBar_->openFor(shown);
}

void MainWindow::showShortcuts() {
    auto* sheet = makeShortcutSheet(shortcutsOf(*menuBar()), this);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->open();
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
    goTo(page<NewRunPage>());
    page<NewRunPage>().runSample();
}

void MainWindow::compareRuns(const std::vector<RunId>& runs) {
    if (runs.empty()) return;
    page<ComparePage>().setRuns(runs);
    goTo(page<ComparePage>());
}

void MainWindow::reportRuns(const std::vector<RunId>& runs, const std::optional<RunId>& baseline) {
    if (runs.empty()) return;
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Write report"), QStringLiteral("ringscope-report.html"),
        tr("Reports (*.html *.pdf *.md *.csv *.json)"));
    if (!file.isEmpty()) reports_.write(runs, file.toStdString(), baseline);
}

void MainWindow::copyCommand(const std::vector<RunId>& runs) {
    std::vector<std::string> words = {"compare"};
    if (runs.size() <= 1) words = {"runs", "show"};
    for (const RunId& run : runs) words.push_back(run.text.substr(0, 8));
    const std::string command = ringscopeCommand(storeForCommand(options_), words);
    copyToClipboard(text(command));
    showMessage(tr("Copied: %1").arg(text(command)));
}

void MainWindow::about() {
    QMessageBox::about(
        this, tr("About Ringscope"),
        tr("Ringscope %1\n\nRuns the same training under each way of splitting its sequence, and "
           "shows which is fastest, fits, and still trains the same model.\n\n"
           "Free software under the GNU General Public License, version 3 or later.")
            .arg(options_.version));
}

void MainWindow::restoreLook() {
    Theme theme = theme_.theme();
    double zoom = theme_.zoom();
    if (const QSettings* settings = options_.settings) {
        theme = themeFromName(settings->value(QStringLiteral("theme")).toString());
        zoom = settings->value(QStringLiteral("zoom"), 1.0).toDouble();
    }
    theme_.set(options_.theme.value_or(theme), zoom);
}

void MainWindow::restoreSize() {
    resize(scaled(1280), scaled(800));
    if (options_.settings == nullptr) return;
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
