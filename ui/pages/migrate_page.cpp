#include "ui/pages/migrate_page.h"

#include "backend/migration/source_files.h"
#include "ui/look/theme.h"
#include "ui/migrate/batch_panel.h"
#include "ui/migrate/cost_panel.h"
#include "ui/migrate/decision_cards.h"
#include "ui/migrate/diff_view.h"
#include "ui/migrate/keys_panel.h"
#include "ui/migrate/outcome_panel.h"
#include "ui/migrate/proof_panel.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QStyle>
#include <QTableView>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

void setDragged(QWidget& area, bool dragged) {
    area.setProperty("dragged", dragged);
    area.style()->unpolish(&area);
    area.style()->polish(&area);
}

}  // namespace

MigratePage::MigratePage(RunController& controller, QWidget* parent)
    : Page(parent),
      file_(new ElidedLabel(Qt::ElideLeft)),
      problem_(makeSelectableLabel("bad")),
      steps_(new QButtonGroup(this)),
      stack_(new QStackedWidget),
      dropArea_(new QFrame),
      sourceCard_(makeCard()),
      kind_(makeSelectableLabel("head")),
      reason_(makeSelectableLabel("muted")),
      sourceText_(new DiffView(tr("The old configuration"))),
      batch_(new BatchPanel),
      keys_(new KeysPanel),
      openCount_(makeSelectableLabel("head")),
      defaults_(makeButton(Icon::Check, tr("Take the defaults"))),
      models_(makeButton(Icon::Open, tr("Find models in…"))),
      cards_(new DecisionCards),
      changeTitle_(makeLabel({}, "section")),
      lastChange_(new DiffView(tr("What the last answer changed"))),
      cost_(new CostPanel),
      outcome_(new OutcomePanel(draft_)),
      proof_(new ProofPanel(controller)),
      command_(new CommandLine),
      report_(makeButton(Icon::Report, tr("Save report…"))),
      save_(makeButton(Icon::Save, tr("Save experiment…"))),
      next_(makePrimaryButton(Icon::Rename, {})) {
    setAcceptDrops(true);
    askToReplace_ = [this](const QString& file) {
        QMessageBox box(QMessageBox::Question, tr("Replace the file?"),
                        tr("%1 exists and differs.").arg(file), QMessageBox::NoButton, this);
        QPushButton* replace = box.addButton(tr("Replace it"), QMessageBox::DestructiveRole);
        box.setDefaultButton(box.addButton(tr("Keep it"), QMessageBox::RejectRole));
        box.exec();
        return box.clickedButton() == replace;
    };
    stack_->addWidget(makeSource());
    stack_->addWidget(keys_);
    stack_->addWidget(makeDecisions());
    auto* outcome = new QWidget;
    QVBoxLayout* inside = column(outcome, 0, 8);
    inside->addWidget(cost_);
    inside->addWidget(outcome_, 1);
    stack_->addWidget(outcome);
    stack_->addWidget(proof_);
    connect(&costs_, &CostPlanner::answered, this,
            [this](const std::shared_ptr<const Migration>& priced) {
                draft_.takeCosts(*priced);
                showAnswered();
                Q_EMIT idled();
            });
    connect(proof_, &ProofPanel::proved, this,
            [this](const std::string& experiment, const std::shared_ptr<const Proven>& proven) {
                draft_.keepProof(experiment, proven);
                showAnswered();
                Q_EMIT idled();
            });
    connect(proof_, &ProofPanel::compareRequested, this, &MigratePage::compareRequested);
    connect(batch_, &BatchPanel::chosen, this,
            [this](const std::string& path) { static_cast<void>(openFile(text(path))); });
    connect(keys_, &KeysPanel::decideRequested, this, [this] { goTo(Decisions); });
    QVBoxLayout* layout = column(this, 16, 8);
    layout->addWidget(makeHead());
    layout->addWidget(makeSteps());
    layout->addWidget(problem_);
    layout->addWidget(stack_, 1);
    layout->addWidget(makeFoot());
    showProblem({});
    showAll(Result<void>());
    goTo(Source);
}

QWidget* MigratePage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    auto* choose = makeButton(Icon::Open, tr("Choose file…"));
    choose->setObjectName(QStringLiteral("chooseSource"));
    connect(choose, &QPushButton::clicked, this, &MigratePage::chooseFile);
    file_->setProperty("role", "muted");
    line->addWidget(makeLabel(tr("Migrate"), "title"));
    line->addSpacing(8);
    line->addWidget(file_, 1);
    line->addWidget(choose);
    return head;
}

QWidget* MigratePage::makeSteps() {
    auto* steps = new QWidget;
    auto* line = row(steps, 0, 0);
    for (const Step step : {Source, Keys, Decisions, Outcome, Proof}) {
        QPushButton* button = makeSegment({}, step == Proof);
        button->setObjectName(QStringLiteral("step_%1").arg(int(step)));
        steps_->addButton(button, step);
        line->addWidget(button, 1);
    }
    steps_->setExclusive(true);
    connect(steps_, &QButtonGroup::idClicked, this, [this](int id) { goTo(Step(id)); });
    return steps;
}

QWidget* MigratePage::makeSource() {
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    dropArea_->setObjectName(QStringLiteral("dropArea"));
    QVBoxLayout* inside = column(dropArea_, 24, 4);
    QLabel* headline = makeLabel(tr("Drop old training configurations or folders here"), "head");
    QLabel* kinds = makeLabel(
        tr("YAML, JSON, TOML, shell scripts and Python of LLaMA-Factory, axolotl, Accelerate, "
           "DeepSpeed, torchtitan, Megatron, NeMo, ms-swift, OpenRLHF, verl and others. Files that "
           "they name are read as well. Nothing is executed, and no file is changed."),
        "muted");
    kinds->setWordWrap(true);
    kinds->setAlignment(Qt::AlignCenter);
    auto* choose = makeButton(Icon::Open, tr("Choose file…"));
    connect(choose, &QPushButton::clicked, this, &MigratePage::chooseFile);
    inside->addStretch();
    inside->addWidget(headline, 0, Qt::AlignHCenter);
    inside->addWidget(kinds);
    inside->addSpacing(8);
    inside->addWidget(choose, 0, Qt::AlignHCenter);
    inside->addStretch();
    layout->addWidget(dropArea_, 1);
    QVBoxLayout* card = column(sourceCard_, 12, 8);
    card->addWidget(kind_);
    card->addWidget(reason_);
    card->addWidget(sourceText_, 1);
    layout->addWidget(batch_, 2);
    layout->addWidget(sourceCard_, 3);
    return page;
}

QWidget* MigratePage::makeDecisions() {
    auto* left = new QWidget;
    QVBoxLayout* column1 = column(left, 0, 8);
    auto* head = row(nullptr, 0, 8);
    head->addWidget(openCount_, 1);
    models_->setObjectName(QStringLiteral("findModels"));
    models_->setToolTip(
        tr("A folder with checkpoints, found by the names that files give models; "
           "it counts for all files that are opened later"));
    connect(models_, &QPushButton::clicked, this, &MigratePage::chooseModelFolder);
    head->addWidget(models_);
    defaults_->setObjectName(QStringLiteral("takeDefaults"));
    connect(defaults_, &QPushButton::clicked, this, &MigratePage::acceptDefaults);
    head->addWidget(defaults_);
    column1->addLayout(head);
    QScrollArea* scroll = scrolling(cards_);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column1->addWidget(scroll, 1);
    connect(cards_, &DecisionCards::answered, this, &MigratePage::answer);

    auto* right = new QWidget;
    QVBoxLayout* column2 = column(right, 0, 8);
    column2->addWidget(changeTitle_);
    column2->addWidget(lastChange_, 1);
    auto* page = new QWidget;
    auto* line = row(page, 0, 16);
    line->addWidget(left, 3);
    line->addWidget(right, 2);
    return page;
}

QWidget* MigratePage::makeFoot() {
    auto* foot = new QWidget;
    auto* line = row(foot);
    report_->setObjectName(QStringLiteral("saveReport"));
    save_->setObjectName(QStringLiteral("saveExperiment"));
    next_->setObjectName(QStringLiteral("nextStep"));
    connect(report_, &QPushButton::clicked, this, &MigratePage::chooseReport);
    connect(save_, &QPushButton::clicked, this, &MigratePage::chooseExperiment);
    connect(next_, &QPushButton::clicked, this, &MigratePage::next);
    line->addWidget(command_, 1);
    line->addWidget(report_);
    line->addWidget(save_);
    line->addWidget(next_);
    return foot;
}

QTableView& MigratePage::table() const { return keys_->table(); }

MigratePage::Step MigratePage::step() const { return Step(stack_->currentIndex()); }

QString MigratePage::problem() const { return problem_->text(); }

const QString& MigratePage::command() const { return command_->command(); }

void MigratePage::goTo(Step step) {
    if (step != Source && !draft_.loaded()) step = Source;
    stack_->setCurrentIndex(step);
    steps_->button(step)->setChecked(true);
    showFoot();
    if (step == Keys) keys_->table().setFocus();
}

bool MigratePage::settled() const { return !costs_.busy() && !proof_->proving(); }

void MigratePage::openFiles(const QStringList& paths) {
    std::vector<std::string> named;
    for (const QString& path : paths) named.push_back(path.toStdString());
    const std::vector<NamedSource> sources = namedSources(named);
    if (sources.empty())
        return showProblem(
            tr("'%1' has no file whose extension is of a configuration").arg(paths.join(u", ")));
    if (sources.size() == 1 && !sources.front().fromFolder) {
        static_cast<void>(openFile(text(sources.front().path)));
        return;
    }
    batch_->showBatch(migrateAll(sources, {}, {}, {}));
    showAll(Result<void>());
    goTo(Source);
}

Result<void> MigratePage::openFile(const QString& file) {
    Result<void> opened = draft_.open(file.toStdString());
    if (!opened.ok()) {
        showProblem(text(opened.error().message));
        return opened;
    }
    saved_.clear();
    showAll(opened);
    keys_->startAtTheTop();
    goTo(Keys);
    Q_EMIT placeOpened({PlaceKind::Configuration, file.toStdString()});
    return {};
}

void MigratePage::answer(const std::string& decision, const std::string& option) {
    showAll(draft_.answer(decision, option));
}

void MigratePage::acceptDefaults() { showAll(draft_.acceptDefaults()); }

void MigratePage::showAll(const Result<void>& changed) {
    showProblem(changed.ok() ? QString() : text(changed.error().message));
    if (draft_.loaded()) {
        batch_->showOutcome(draft_.path(), draft_.migration());
        costs_.ask({draft_.input(), draft_.answers(), draft_.migration()});
    }
    showSource();
    showAnswered();
}

void MigratePage::showAnswered() {
    showSteps();
    keys_->showMigration(draft_.input().source.name, draft_.migration());
    showDecisions();
    cost_->showCosts(draft_.migration(), draft_.loaded() && costs_.busy());
    outcome_->showOutcome();
    proof_->showMigration(draft_.migration());
    showFoot();
}

void MigratePage::showProblem(const QString& sentence) {
    problem_->setText(sentence);
    problem_->setVisible(!sentence.isEmpty());
}

void MigratePage::showSteps() {
    const Migration& migration = draft_.migration();
    const bool loaded = draft_.loaded();
    for (const Step step : {Keys, Decisions, Outcome, Proof})
        steps_->button(step)->setEnabled(loaded);
    QStringList notes{{}, {}, {}, {}, {}};
    if (loaded) {
        const int open = draft_.openDecisions();
        notes = {tr("✓ read"), countText(std::ssize(migration.keys), "key"),
                 open > 0                      ? tr("%1 open").arg(open)
                 : migration.decisions.empty() ? tr("none")
                                               : tr("✓ all made"),
                 !migration.problems.empty() ? tr("would not run")
                 : open > 0                  ? tr("by defaults")
                                             : tr("✓ would run"),
                 proof_->proving() ? tr("running")
                 : migration.proof ? tr("✓ both ran")
                                   : tr("not run yet")};
    }
    const QString names[] = {tr("1 Source"), tr("2 Keys"), tr("3 Decisions"), tr("4 Result"),
                             tr("5 Proof")};
    for (int i = 0; i < notes.size(); ++i)
        steps_->button(i)->setText(
            notes[i].isEmpty() ? names[i] : QStringLiteral("%1 · %2").arg(names[i], notes[i]));
}

void MigratePage::showSource() {
    file_->setFullText(text(draft_.path()));
    sourceCard_->setVisible(draft_.loaded());
    batch_->setVisible(!batch_->empty());
    dropArea_->setVisible(batch_->empty());  // files can be dropped anywhere on the page
    if (!draft_.loaded()) return;
    const SourceGuess& guess = draft_.migration().source;
    kind_->setText(
        tr("%1, %2 % sure").arg(text(guess.kind)).arg(static_cast<int>(guess.confidence * 100)));
    QString reason = text(guess.reason);
    for (const SourceFile& companion : draft_.input().companions)
        reason += tr("\nRead with it: %1").arg(text(companion.name));
    reason_->setText(reason);
    const QString content = text(draft_.input().source.text);
    if (content != sourceText_->toPlainText())
        sourceText_->setContent(content, DiffView::Kind::Plain);
}

void MigratePage::showDecisions() {
    const Migration& migration = draft_.migration();
    const int open = draft_.openDecisions();
    openCount_->setText(migration.decisions.empty() ? tr("Nothing has to be decided.")
                        : open == 0
                            ? tr("Everything is decided; answers can still be changed.")
                            : tr("%1 of %2 still open")
                                  .arg(open)
                                  .arg(countText(std::ssize(migration.decisions), "decision")));
    defaults_->setVisible(open > 0);
    models_->setVisible(draft_.loaded() && !draft_.findsModels());
    cards_->showDecisions(migration);
    const QString change = text(draft_.lastChange());
    const bool answered = open < static_cast<int>(migration.decisions.size());
    changeTitle_->setText(!change.isEmpty() ? tr("What the last answer changed")
                          : answered ? tr("The last answer is what the experiment had by default")
                                     : tr("What an answer changes is shown here"));
    lastChange_->setContent(change, DiffView::Kind::Diff);
}

void MigratePage::showFoot() {
    const bool loaded = draft_.loaded();
    const int open = draft_.openDecisions();
    command_->setVisible(loaded);
    for (QPushButton* button : {report_, save_, next_}) button->setVisible(loaded);
    if (!loaded) return;
    command_->setCommand(text(draft_.command(saved_)) +
                         (step() == Proof ? QStringLiteral(" --prove") : QString()));
    save_->setEnabled(open == 0);
    save_->setToolTip(open == 0 ? QString()
                                : tr("Answer what is open first, or take the defaults"));
    const bool last = step() >= Outcome && open == 0;
    next_->setIcon(icon(last ? Icon::NewRun : Icon::Rename, Tone::OnAccent));
    next_->setText(last                              ? tr("Open in New run")
                   : step() == Source                ? tr("Look at the keys")
                   : open > 0 && step() != Decisions ? tr("Decide %1").arg(open)
                                                     : tr("Look at the result"));
}

void MigratePage::next() {
    const int open = draft_.openDecisions();
    if (step() >= Outcome && open == 0) return openInNewRun();
    goTo(step() == Source ? Keys : open > 0 && step() != Decisions ? Decisions : Outcome);
}

void MigratePage::openInNewRun() {
    const std::string& experiment = draft_.migration().experiment;
    if (!saved_.empty() && !draft_.replaces(saved_, experiment)) {
        Q_EMIT experimentSaved(text(saved_));
        return;
    }
    Q_EMIT experimentReady(fileNameOf(draft_.proposedName(".yaml")).toStdString(), experiment);
}

bool MigratePage::mayReplace(const QString& file, const std::string& content) {
    return !draft_.replaces(file.toStdString(), content) || askToReplace_(file);
}

QString MigratePage::saveExperiment(const QString& file) {
    const std::string target = file.toStdString();
    const std::string& experiment = draft_.migration().experiment;
    Result<void> written = draft_.mayWrite(target);
    if (written.ok() && !mayReplace(file, experiment)) return {};
    if (written.ok()) written = draft_.write(target, experiment);
    if (written.ok()) saved_ = target;
    showProblem(written.ok() ? QString() : text(written.error().message));
    showFoot();
    return problem();
}

QString MigratePage::saveReport(const QString& file) {
    const std::string target = file.toStdString();
    Result<void> written = draft_.mayWrite(target);
    const Result<std::string> report = draft_.report(target);
    if (written.ok() && !report.ok()) written = report.error();
    if (written.ok() && !mayReplace(file, *report)) return {};
    if (written.ok()) written = draft_.write(target, *report);
    showProblem(written.ok() ? QString() : text(written.error().message));
    return problem();
}

void MigratePage::chooseFile() {
    const QStringList files = QFileDialog::getOpenFileNames(
        this, tr("Choose old configurations"), {},
        tr("Configurations (*.yaml *.yml *.json *.hjson *.toml *.sh *.bash *.slurm *.sbatch *.py);;"
           "All files (*)"));
    if (!files.isEmpty()) openFiles(files);
}

void MigratePage::chooseModelFolder() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Choose a folder with checkpoints"));
    if (!folder.isEmpty()) findModelsIn(folder);
}

void MigratePage::findModelsIn(const QString& folder) {
    showAll(draft_.addModelRoot(folder.toStdString()));
}

// The page asks itself, and only where another content would be lost.
void MigratePage::chooseExperiment() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save experiment"), text(draft_.proposedName(".yaml")), tr("Experiments (*.yaml)"),
        nullptr, QFileDialog::DontConfirmOverwrite);
    if (!file.isEmpty()) saveExperiment(file);
}

void MigratePage::chooseReport() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save report"), text(draft_.proposedName(".html")),
        tr("Reports (*.html *.md *.json)"), nullptr, QFileDialog::DontConfirmOverwrite);
    if (!file.isEmpty()) saveReport(file);
}

void MigratePage::dragEnterEvent(QDragEnterEvent* event) {
    if (!event->mimeData()->hasUrls()) return;
    event->acceptProposedAction();
    setDragged(*dropArea_, true);
}

void MigratePage::dragLeaveEvent(QDragLeaveEvent*) { setDragged(*dropArea_, false); }

void MigratePage::dropEvent(QDropEvent* event) {
    setDragged(*dropArea_, false);
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls()) {
        if (!url.isLocalFile())
            return showProblem(tr("'%1' is not on this machine; save it here and drop the file")
                                   .arg(url.toString()));
        paths << url.toLocalFile();
    }
    event->acceptProposedAction();
    openFiles(paths);
}

}  // namespace ringscope::ui
