#include "ui/pages/run_memory.h"

#include "backend/report/run_memory.h"
#include "backend/report/wording.h"
#include "backend/trace/memory_look.h"
#include "backend/trace/trace_files.h"
#include "ui/live/trace_loader.h"
#include "ui/look/theme.h"
#include "ui/plots/area_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/timeline/legend.h"
#include "ui/timeline/memory_words.h"
#include "ui/widgets/parts.h"

#include <QCheckBox>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

enum ShownMemory { Sentence, Chart };

std::int64_t bytesOf(const BytesByCategory& held, MemoryCategory category) {
    return held[static_cast<std::size_t>(category)];
}

double millisecondsIn(const MemorySeries& series, std::size_t column) {
    return static_cast<double>(series.end - series.begin) / 1e6 * static_cast<double>(column) /
           static_cast<double>(series.columns.size());
}

// "at 41.2 ms: 1.90 GiB", then a line for each category.
QString columnWords(const MemorySeries& series, std::size_t column) {
    const BytesByCategory& held = series.columns[column];
    QStringList lines{RunMemory::tr("from %1 ms on: %2")
                          .arg(millisecondsIn(series, column), 0, 'f', 1)
                          .arg(bytesText(totalOf(held)))};
    for (const MemoryCategory category : heldCategories(series))
        if (const std::int64_t bytes = bytesOf(held, category); bytes > 0)
            lines << QStringLiteral("%1 %2").arg(memoryCategoryText(category), bytesText(bytes));
    return lines.join(QLatin1Char('\n'));
}

AreaPicture pictureOf(const std::shared_ptr<const MemorySeries>& series) {
    const auto fullest = static_cast<double>(totalOf(series->peak));
    const reporting::ByteUnit unit = reporting::byteUnit(fullest);
    AreaPicture picture{
        .length = static_cast<double>(series->end - series->begin) / 1e6,
        .across = RunMemory::tr("ms since recording began"),
        .upright = text(unit.name),
        .parts = {},
        .marks = {},
        .wordsOf = [series](std::size_t column) { return columnWords(*series, column); }};
    for (const MemoryCategory category : heldCategories(*series)) {
        AreaPart part{memoryCategoryText(category), memoryLookOf(category), {}};
        for (const BytesByCategory& held : series->columns)
            part.values.push_back(static_cast<double>(bytesOf(held, category)) / unit.bytes);
        picture.parts.push_back(std::move(part));
    }
    for (const MemorySeries::Step& step : series->steps)
        picture.marks.push_back({static_cast<double>(step.begin - series->begin) / 1e6,
                                 RunMemory::tr("step %1").arg(step.step)});
    return picture;
}

// A row for each column that is not as the one before.
std::vector<QStringList> tableOf(const MemorySeries& series) {
    const std::vector<MemoryCategory> categories = heldCategories(series);
    std::vector<QStringList> rows;
    for (std::size_t i = 0; i < series.columns.size(); ++i) {
        const BytesByCategory& held = series.columns[i];
        if (i > 0 && held == series.columns[i - 1]) continue;
        QStringList row{QString::number(millisecondsIn(series, i), 'f', 2),
                        bytesText(totalOf(held))};
        for (const MemoryCategory category : categories) row << bytesText(bytesOf(held, category));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

RunMemory::RunMemory(QWidget* parent)
    : QWidget(parent),
      loader_(new TraceLoader(this)),
      stack_(new QStackedWidget),
      sentence_(makeSelectableLabel("muted")),
      head_(new QWidget),
      rank_(new ChoiceBox),
      stacked_(new QCheckBox(tr("Stacked"))),
      peak_(makeSelectableLabel("muted")),
      chart_(new AreaChart),
      panel_(new ChartPanel(tr("Memory by category"), chart_)),
      legend_(new MemoryLegend) {
    auto* middle = new QWidget;
    QVBoxLayout* layout = column(middle, 24, 0);
    sentence_->setAlignment(Qt::AlignCenter);
    sentence_->setObjectName(QStringLiteral("whyNoMemory"));
    layout->addStretch();
    layout->addWidget(sentence_);
    layout->addStretch();
    stack_->addWidget(middle);
    stack_->addWidget(makeChart());
    QVBoxLayout* all = column(this, 0, 8);
    all->addWidget(makeHead());
    all->addWidget(stack_, 1);
    say({});
    connect(loader_, &TraceLoader::memoryRead, this,
            [this](const std::shared_ptr<const MemorySeries>& series) {
                reading_ = false;
                series_ = series;
                if (series_->empty())
                    say(text(whyNoMemory(run_, ranks_)));
                else
                    draw();
                Q_EMIT idled();
            });
    connect(loader_, &TraceLoader::memoryFailed, this, [this](const QString& reason) {
        reading_ = false;
        say(reason);
        Q_EMIT idled();
    });
}

RunMemory::~RunMemory() = default;

QWidget* RunMemory::makeHead() {
    rank_->setAccessibleName(tr("Whose memory"));
    rank_->setObjectName(QStringLiteral("memoryRank"));
    stacked_->setChecked(true);
    stacked_->setToolTip(tr("One on the other, so that the height is the whole; else each from 0"));
    auto* line = row(head_, 0, 8);
    line->setContentsMargins(0, 8, 0, 0);
    line->addWidget(rank_);
    line->addWidget(stacked_);
    line->addWidget(peak_, 1);
    connect(rank_, &QComboBox::currentIndexChanged, this, &RunMemory::load);
    connect(stacked_, &QCheckBox::toggled, chart_, &AreaChart::setStacked);
    return head_;
}

QWidget* RunMemory::makeChart() {
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    layout->addWidget(panel_, 1);
    layout->addWidget(legend_);
    return page;
}

QString RunMemory::sentence() const {
    return stack_->currentIndex() == Sentence ? sentence_->text() : QString();
}

void RunMemory::showRun(const RunRecord& run, const std::vector<RunFile>& files) {
    const bool another = run.id != run_.id;
    const bool first = another || ranks_.empty();
    run_ = run;
    files_ = files;
    ranks_ = recordedRanks(files);
    head_->setVisible(!ranks_.empty());
    if (another) {
        read_.reset();
        series_.reset();
        say({});
    }
    if (ranks_.empty()) return say(text(whyNoMemory(run_, ranks_)));
    std::vector<std::pair<QString, QString>> choices;
    for (const int rank : ranks_)
        choices.emplace_back(QString::number(rank), tr("Rank %1").arg(rank));
    rank_->setChoices(choices);
    if (first) {
        const QSignalBlocker quiet(rank_);
        rank_->setCurrentIndex(rank_->findData(QString::number(busiestRank(run_, ranks_))));
    }
    if (isVisible()) load();
}

void RunMemory::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    load();
}

const RunFile* RunMemory::fileOf(int rank) const {
    const auto found = std::ranges::find_if(
        files_, [rank](const RunFile& file) { return rankOfTraceFile(file.path) == rank; });
    return found == files_.end() ? nullptr : &*found;
}

// What is read already is not read again: a live run is shown anew twice a second.
void RunMemory::load() {
    const RunFile* file = fileOf(rank_->currentData().toInt());
    if (ranks_.empty() || file == nullptr) return;
    if (read_ && read_->path == file->path && read_->size == file->size) {
        if (series_ && series_->empty()) say(text(whyNoMemory(run_, ranks_)));
        return;
    }
    read_ = *file;
    reading_ = true;
    loader_->readMemoryOf(file->path);
}

void RunMemory::say(const QString& sentence) {
    sentence_->setText(sentence);
    stack_->setCurrentIndex(Sentence);
    stacked_->hide();
    peak_->hide();
}

void RunMemory::draw() {
    chart_->setPicture(pictureOf(series_));
    chart_->setAccessibleName(panel_->accessibleName());
    chart_->setAccessibleDescription(text(memoryPeakText(*series_)));
    peak_->setText(text(memoryPeakText(*series_)));
    const std::vector<MemoryCategory> categories = heldCategories(*series_);
    legend_->setCategories(categories);
    QStringList header{tr("ms"), tr("all")};
    for (const MemoryCategory category : categories) header << memoryCategoryText(category);
    panel_->setTable(header, tableOf(*series_));
    stack_->setCurrentIndex(Chart);
    stacked_->show();
    peak_->show();
}

}  // namespace ringscope::ui
