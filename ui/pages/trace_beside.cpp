#include "ui/pages/trace_beside.h"

#include "ui/pages/trace_diff_panel.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/parts.h"

#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

QString placeKey(const TraceChoice& choice) { return text(choice.place.string()); }

// "demo/ring · 2 ranks · 20 Nov 2026" -> "demo/ring"
QString shortWords(const TraceChoice& choice) {
    return choice.words.section(QStringLiteral(" · "), 0, 0);
}

}  // namespace

TraceBeside::TraceBeside(TimelineView& first, QObject* parent)
    : QObject(parent),
      first_(first),
      choice_(new ChoiceBox),
      lanes_(new QWidget),
      caption_(makeLabel({}, "section")),
      second_(new TimelineView),
      figures_(new TraceDiffPanel),
      links_(new LinkedViews(first_, *second_, this)) {
    choice_->setAccessibleName(tr("A second trace, shown beside the first"));
    choice_->setObjectName(QStringLiteral("traceBeside"));
    choice_->setShortest(7);
    second_->setAccessibleName(tr("Timeline of the second trace"));
    QVBoxLayout* layout = column(lanes_, 0, 4);
    layout->addWidget(caption_);
    layout->addWidget(second_, 1);
    lanes_->hide();
    connect(choice_, &QComboBox::currentIndexChanged, this, &TraceBeside::load);
    connect(&loader_, &TraceLoader::opened, this, &TraceBeside::show);
    connect(&loader_, &TraceLoader::failed, this, [this](const QString& reason) {
        choice_->setCurrentIndex(0);
        Q_EMIT failed(reason);
    });
    connect(&loader_, &TraceLoader::compared, this,
            [this](const std::shared_ptr<const TraceDiff>& diff) {
                if (second_->trace() == nullptr || first_.trace() == nullptr) return;
                diff_ = diff;
                figures_->setDiff(*diff_);
                Q_EMIT changed();
            });
    connect(&loader_, &TraceLoader::idled, this, &TraceBeside::idled);
    connect(&first_, &TimelineView::memoryToggled, second_, &TimelineView::showMemory);
    listChoices();
}

TraceBeside::~TraceBeside() = default;

void TraceBeside::setChoices(std::vector<TraceChoice> choices) {
    choices_ = std::move(choices);
    listChoices();
}

void TraceBeside::listChoices() {
    std::vector<std::pair<QString, QString>> listed = {{QString(), tr("no second trace")}};
    for (const TraceChoice& choice : choices_)
        if (choice.place != firstChoice_.place)
            listed.emplace_back(placeKey(choice), tr("beside %1").arg(choice.words));
    choice_->setChoices(listed);
    choice_->setEnabled(listed.size() > 1 && first_.trace() != nullptr);
    load();
}

void TraceBeside::setFirst(const TraceChoice& choice) {
    firstChoice_ = choice;
    listChoices();
    if (first_.trace() == nullptr || choice_->currentIndex() <= 0) return leave();
    if (second_->trace() != nullptr) compare();
}

void TraceBeside::load() {
    const auto chosen = std::ranges::find(choices_, choice_->currentData().toString(), placeKey);
    if (choice_->currentIndex() <= 0 || chosen == choices_.end()) return leave();
    if (chosen->place == secondChoice_.place) return;
    leave();
    secondChoice_ = *chosen;
    loader_.open(chosen->place);
}

void TraceBeside::show(const std::shared_ptr<const OpenedTrace>& trace) {
    if (first_.trace() == nullptr) return leave();
    second_->setTrace(trace);
    second_->showMemory(first_.memoryShown());
    lanes_->show();
    compare();
}

void TraceBeside::compare() {
    diff_.reset();
    const OpenedTrace& first = *first_.trace();
    const OpenedTrace& second = *second_->trace();
    const QString after = nameOf(secondChoice_, second, first);
    caption_->setText(secondChoice_.words);
    links_->link();
    loader_.compare(first_.sharedTrace(), nameOf(firstChoice_, first, second).toStdString(),
                    second_->sharedTrace(), after.toStdString());
}

void TraceBeside::leave() {
    const bool was = lanes_->isVisibleTo(lanes_->parentWidget()) || on();
    secondChoice_ = {};
    diff_.reset();
    links_->unlink();
    second_->setTrace(nullptr);
    lanes_->hide();
    if (was) Q_EMIT changed();
}

// The mode, where it tells the two apart.
QString TraceBeside::nameOf(const TraceChoice& choice, const OpenedTrace& trace,
                            const OpenedTrace& other) const {
    const std::string& mode = trace.trace.ranks.front().origin.mode;
    const std::string& another = other.trace.ranks.front().origin.mode;
    return mode.empty() || another.empty() || mode == another ? shortWords(choice) : text(mode);
}

QString TraceBeside::sentence() const {
    if (!on()) return {};
    QStringList all{text(diff_->sentence())};
    for (const std::string& note : diff_->notes) all << text(note);
    return all.join(QStringLiteral(" · "));
}

}  // namespace ringscope::ui
