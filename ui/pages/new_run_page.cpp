#include "ui/pages/new_run_page.h"

#include "backend/core/output_file.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/mode_table.h"
#include "backend/report/memory_text.h"
#include "ui/look/theme.h"
#include "ui/pages/field_form.h"
#include "ui/pages/live_panel.h"
#include "ui/pages/mode_picker.h"
#include "ui/plots/schedule_picture.h"
#include "ui/plots/waterfall_picture.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <filesystem>

namespace ringscope::ui {
namespace {

// "12.4 G", to stand before "FLOP": they are counted in thousands.
QString formatFlops(double flops) {
    constexpr const char* units[] = {" ", " k", " M", " G", " T", " P"};
    std::size_t unit = 0;
    while (flops >= 999.5 && unit + 1 < std::size(units)) {
        flops /= 1000;
        ++unit;
    }
    return text(formatSignificant(flops)) + QLatin1String(units[unit]);
}

QString inMode(std::size_t count) {
    return NewRunPage::tr("Run %1").arg(countText(static_cast<std::int64_t>(count), "run"));
}

}  // namespace

NewRunPage::NewRunPage(RunController& controller, ExperimentDraft sample,
                       std::string storeForCommand, QWidget* parent)
    : Page(parent),
      controller_(controller),
      sample_(std::move(sample)),
      storeForCommand_(std::move(storeForCommand)),
      stack_(new QStackedWidget),
      form_(new FieldForm),
      modes_(new ModePicker),
      picture_(new SchedulePicture),
      peak_(makeSelectableLabel("muted")),
      waterfall_(new WaterfallPicture),
      pictureModes_(new QButtonGroup(this)),
      live_(new LivePanel(controller)),
      source_(new ElidedLabel(Qt::ElideLeft)),
      summary_(makeLabel({}, "muted")),
      problem_(makeLabel({}, "bad")),
      warnings_(makeLabel({}, "caution")),
      command_(new CommandLine),
      undo_(makeButton(Icon::Undo, tr("Undo changes"))),
      run_(makePrimaryButton(Icon::Play, {})) {
    stack_->addWidget(makeEditor());
    stack_->addWidget(live_);
    column(this)->addWidget(stack_);
    planTimer_.setInterval(150);
    planTimer_.setSingleShot(true);

    connect(&planTimer_, &QTimer::timeout, this, &NewRunPage::planNow);
    connect(&planner_, &Planner::answered, this, &NewRunPage::showPlan);
    connect(&planner_, &Planner::answeredWaterfall, this, &NewRunPage::showWaterfall);
    connect(form_, &FieldForm::edited, this, &NewRunPage::edit);
    connect(modes_, &ModePicker::chose, this, [this](const std::vector<std::string>& modes) {
        draft_.modes = modes;
        planNow();
    });
    connect(modes_, &ModePicker::touched, this, [this](const std::string& mode) {
        pictured_ = mode;
        showSchedule();
    });
    connect(live_, &LivePanel::compareRequested, this, &NewRunPage::compareRequested);
    connect(live_, &LivePanel::backRequested, this, [this] {
        stack_->setCurrentIndex(0);
        planNow();
    });
    connect(&controller_, &RunController::started, this, [this] { stack_->setCurrentIndex(1); });
    setDraft(sample_);
}

QWidget* NewRunPage::makeEditor() {
    auto* editor = new QWidget;
    QVBoxLayout* layout = column(editor, 16, 8);
    layout->addWidget(makeHead());
    auto* middle = row(nullptr, 0, 16);
    QFrame* card = makeCard();
    whenZoomed(*card, [card] { card->setFixedWidth(scaled(340)); });
    QScrollArea* fields = scrolling(form_);
    fields->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column(card, 1)->addWidget(fields);
    middle->addWidget(card);
    middle->addWidget(makeRight(), 1);
    layout->addLayout(middle, 1);
    layout->addWidget(makeFoot());
    return editor;
}

QWidget* NewRunPage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    auto* open = makeButton(Icon::Open, tr("Open…"));
    auto* save = makeButton(Icon::Save, tr("Save as…"));
    connect(open, &QPushButton::clicked, this, &NewRunPage::chooseFile);
    connect(save, &QPushButton::clicked, this, &NewRunPage::saveFile);
    connect(undo_, &QPushButton::clicked, this, [this] {
        ExperimentDraft plain = draft_;
        plain.edits.clear();
        plain.modes.reset();
        setDraft(std::move(plain));
    });
    source_->setProperty("role", "muted");
    line->addWidget(makeLabel(tr("New run"), "title"));
    line->addSpacing(8);
    line->addWidget(source_, 1);
    line->addWidget(undo_);
    line->addWidget(open);
    line->addWidget(save);
    return head;
}

QWidget* NewRunPage::makeRight() {
    auto* right = new QWidget;
    QVBoxLayout* layout = column(right, 0, 8);
    layout->addWidget(makeLabel(tr("Modes to run"), "section"));
    layout->addWidget(modes_);
    summary_->setWordWrap(true);
    problem_->setWordWrap(true);
    layout->addWidget(summary_);
    layout->addWidget(problem_);
    warnings_->setWordWrap(true);
    warnings_->setObjectName(QStringLiteral("draftWarnings"));
    warnings_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(warnings_);
    layout->addSpacing(4);

    layout->addWidget(makeLabel(tr("Schedule"), "section"));
    auto* choices = new QWidget;
    auto* line = new FlowLayout(choices, 4);
    pictureModes_->setExclusive(true);
    for (const Mode& mode : modeTable()) {
        QPushButton* button = makeSegment(text(mode.name), true);
        button->setAccessibleName(tr("Show the schedule of %1").arg(text(mode.name)));
        pictureModes_->addButton(button);
        line->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, name = std::string(mode.name)] {
            pictured_ = name;
            showSchedule();
        });
    }
    layout->addWidget(choices);
    QFrame* card = makeCard();
    auto* inside = new QWidget;
    column(inside, 12)->addWidget(picture_);
    QScrollArea* scroll = scrolling(inside);
    pictureArea_ = scroll;
    column(card, 1)->addWidget(scroll);
    layout->addWidget(card, 1);
    layout->addSpacing(4);
    layout->addWidget(makeMemory());
    QScrollArea* page = scrolling(right);
    page->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return page;
}

QWidget* NewRunPage::makeMemory() {
    memory_ = new QWidget;
    QVBoxLayout* layout = column(memory_, 0, 8);
    layout->addWidget(makeLabel(tr("Memory"), "section"));
    peak_->setObjectName(QStringLiteral("predictedPeak"));
    layout->addWidget(peak_);
    QFrame* card = makeCard();
    auto* inside = new QWidget;
    column(inside, 12)->addWidget(waterfall_);
    waterfallArea_ = scrolling(inside);
    column(card, 1)->addWidget(waterfallArea_);
    layout->addWidget(card);
    return memory_;
}

QWidget* NewRunPage::makeFoot() {
    auto* foot = new QWidget;
    auto* line = row(foot);
    run_->setObjectName(QStringLiteral("run"));
    run_->setShortcut(QKeySequence(QStringLiteral("Ctrl+R")));
    connect(run_, &QPushButton::clicked, this, &NewRunPage::start);
    line->addWidget(command_, 1);
    line->addWidget(run_);
    return foot;
}

bool NewRunPage::showsLive() const { return stack_->currentIndex() == 1; }

bool NewRunPage::isPlanned() const { return !asked_ && !planTimer_.isActive(); }

bool NewRunPage::settled() const { return isPlanned() && !planner_.busyWithWaterfall(); }

Result<void> NewRunPage::openFile(const QString& file) {
    RINGSCOPE_TRY(ExperimentDraft draft, draftOfFile(file.toStdString(), draft_.environment));
    setDraft(std::move(draft));
    stack_->setCurrentIndex(0);
    Q_EMIT placeOpened({PlaceKind::Experiment, file.toStdString()});
    return {};
}

void NewRunPage::openText(const std::string& name, const std::string& content) {
    ExperimentDraft draft;
    draft.fileName = name;
    draft.fileText = content;
    draft.onDisk = false;
    draft.environment = draft_.environment;
    setDraft(std::move(draft));
    stack_->setCurrentIndex(0);
}

void NewRunPage::runSample() {
    if (controller_.running()) return;
    setDraft(sample_);
    startWhenPlanned_ = true;
}

void NewRunPage::setDraft(ExperimentDraft draft) {
    draft_ = std::move(draft);
    plan_.reset();
    run_->setEnabled(false);
    run_->setText(inMode(0));
    source_->setFullText(sourceWords(draft_));
    planNow();
}

void NewRunPage::edit(const std::string& path, const std::string& value) {
    draft_.edits[path] = value;
    planSoon();
}

void NewRunPage::planSoon() {
    run_->setEnabled(false);
    planTimer_.start();
}

void NewRunPage::planNow() {
    planTimer_.stop();
    asked_ = true;
    planner_.ask(draft_);
}

void NewRunPage::showPlan(const std::shared_ptr<const DraftPlan>& plan) {
    asked_ = false;
    plan_ = plan;
    const bool planable = !plan_->modes.empty();
    if (pictured_.empty() && planable)
        pictured_ = std::ranges::find(plan_->modes, "zigzag") != plan_->modes.end()
                        ? "zigzag"
                        : plan_->modes.front();
    form_->showReading(plan_->reading, draft_.edits);
    modes_->showPlan(*plan_);
    showSummary();
    showSchedule();
    command_->setCommand(text(draftCommand(draft_, *plan_, storeForCommand_)));
    undo_->setVisible(!draft_.edits.empty() || draft_.modes);
    run_->setText(inMode(plan_->runs.size()));
    run_->setEnabled(plan_->canStart() && !planTimer_.isActive() && !controller_.running());
    Q_EMIT draftPlanned(draft_);
    Q_EMIT idled();
    if (std::exchange(startWhenPlanned_, false)) start();
}

void NewRunPage::showSummary() {
    problem_->setVisible(!plan_->refusal.empty());
    problem_->setText(text(plan_->refusal));
    QStringList warnings;
    for (const ConfigProblem& warning : plan_->reading.warnings) warnings << text(warning.text());
    if (!plan_->dataProblem.empty()) warnings << text(plan_->dataProblem);
    for (const std::string& sentence : plan_->leftOut)
        warnings << tr("Left out: %1").arg(text(sentence));
    warnings_->setVisible(!warnings.empty());
    warnings_->setText(warnings.join(QLatin1Char('\n')));
    const auto planned = std::ranges::find_if(
        plan_->modePlans, [](const ModePlan& mode) { return mode.plan.has_value(); });
    summary_->setVisible(planned != plan_->modePlans.end());
    if (planned == plan_->modePlans.end()) return;
    const RunPlan& plan = *planned->plan;
    const TrainConfig& train = plan.config.train;
    const QString all = text(formatCount(plan.parameters));
    QStringList parts{hasAdapter(plan.config)
                          ? tr("%1 parameters train beside %2")
                                .arg(text(formatCount(trainedParameters(plan))), all)
                          : tr("%1 parameters").arg(all),
                      tr("%1 tokens and %2FLOP a step")
                          .arg(text(formatCount(train.seqLen * train.batch * train.gradAccum)),
                               formatFlops(plan.flopsPerStep)),
                      tr("%1 of %2")
                          .arg(countText(static_cast<std::int64_t>(plan_->runs.size()), "run"),
                               countText(train.steps, "step"))};
    summary_->setText(parts.join(QStringLiteral(" · ")));
}

void NewRunPage::showSchedule() {
    for (QAbstractButton* button : pictureModes_->buttons())
        button->setChecked(button->text() == text(pictured_));
    if (!plan_) return;
    const auto found = std::ranges::find(plan_->modePlans, pictured_, &ModePlan::mode);
    if (found == plan_->modePlans.end()) return;
    // The picture keeps the whole answer alive, not a copy of its schedule.
    if (found->plan)
        picture_->setPlan(std::shared_ptr<const RunPlan>(plan_, &*found->plan));
    else
        picture_->setReason(text(found->reason));
    // Seen whole where it is small; many ranks scroll.
    pictureArea_->setMinimumHeight(std::min(picture_->sizeHint().height() + 28, scaled(300)));
    showMemory(*found);
}

void NewRunPage::showMemory(const ModePlan& mode) {
    memory_->setVisible(mode.memory.has_value());
    if (!mode.memory) return;
    peak_->setText(tr("%1 on a %2 will hold at most %3")
                       .arg(text(mode.mode), text(deviceWord(mode.plan->config.launch.device)),
                            text(peakText(mode.memory->peak))));
    planner_.askWaterfall(plan_, mode.mode);
}

// Until it is there, that of the plan before is shown.
void NewRunPage::showWaterfall(const DraftWaterfall& waterfall) {
    const auto mode = std::ranges::find(waterfall.plan->modePlans, waterfall.mode, &ModePlan::mode);
    if (waterfall.plan == plan_ && waterfall.mode == pictured_) {
        MemoryPlan memory = *mode->memory;
        memory.waterfall = waterfall.rows;
        waterfall_->setPlan(memory, mode->plan->config.memory.budget);
        waterfallArea_->setFixedHeight(waterfall_->sizeHint().height() + 26);
    }
    Q_EMIT idled();
}

void NewRunPage::start() {
    if (!plan_ || !plan_->canStart() || !isPlanned()) return;
    controller_.start(plan_->reading.experiment, draftCommand(draft_, *plan_, storeForCommand_));
}

void NewRunPage::chooseFile() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Open experiment"), {}, tr("Experiments (*.yaml *.yml);;All files (*)"));
    if (file.isEmpty()) return;
    if (const Result<void> opened = openFile(file); !opened.ok())
        QMessageBox::warning(this, tr("Open experiment"), text(opened.error().message));
}

void NewRunPage::saveFile() {
    if (!plan_ || !plan_->reading.ok()) return;
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save experiment"), QStringLiteral("experiment.yaml"), tr("Experiments (*.yaml)"));
    if (file.isEmpty()) return;
    const Result<void> written =
        writeOutput(file.toStdString(), experimentYaml(plan_->reading.experiment));
    if (!written.ok()) {
        QMessageBox::warning(this, tr("Save experiment"), text(written.error().message));
        return;
    }
    static_cast<void>(openFile(file));
}

}  // namespace ringscope::ui
