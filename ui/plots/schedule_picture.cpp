#include "ui/plots/schedule_picture.h"

#include "backend/core/units.h"
#include "backend/plan/block_shape.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace ringscope::ui {
namespace {

// Pixels at zoom 1.
constexpr int mostShown = 16;  // ranks and steps; the pattern repeats beyond
constexpr double labelWidth = 56;
constexpr double headerHeight = 20;
constexpr double wordsWidth = 52;
constexpr double cellWidth = 36 + wordsWidth;
constexpr double cellHeight = 44;
constexpr double matrixGap = 8;  // between the squares of two rows
constexpr double largestMatrix = 108;
constexpr double workWidth = 132;
constexpr double legendHeight = 24;

// "K1", "K all", "K 0–1".
QString keysHeld(const RunPlan& plan, const Step& step) {
    if (step.keysOf.count == 1) return QStringLiteral("K%1").arg(step.keysOf.first);
    if (step.keysOf.count == plan.attention.ranks) return SchedulePicture::tr("K all");
    return QStringLiteral("K ") + text(rankSetText(step.keysOf));
}

// "key heads 0–1 of 8" where a step works on some of them.
QString headsWords(const Schedule& schedule, const Step& step) {
    if (step.heads.size() == schedule.kvHeadsPerRank) return {};
    return SchedulePicture::tr("key heads %1–%2 of %3")
        .arg(step.heads.begin)
        .arg(step.heads.end - 1)
        .arg(schedule.kvHeadsPerRank);
}

// What leaves the rank in this step: "→ 1", "⇄ all", "⇄ 0–1 → 2".
QString sends(const Step& step) {
    QStringList words;
    for (const Transfer& transfer : step.transfers) {
        if (transfer.sentBytes == 0) continue;
        const QString word =
            transfer.kind == TransferKind::Send ? QStringLiteral("→ %1").arg(transfer.peer)
            : transfer.among.count == 0         ? QStringLiteral("⇄ all")
                                        : QStringLiteral("⇄ ") + text(rankSetText(transfer.among));
        if (!words.contains(word)) words << word;
    }
    return words.join(QStringLiteral(" "));
}

QPolygonF shapeOf(const Block& block, const Step& step, const RunPlan& plan, const QRectF& box) {
    QPolygonF shape;
    for (const ShapePoint& point : blockShape(block, step, plan.schedule().mask,
                                              plan.attention.tokens / plan.attention.ranks))
        shape << QPointF(box.left() + box.width() * point.across,
                         box.top() + box.height() * point.down);
    return shape;
}

QString blockWords(const Block& block) {
    return SchedulePicture::tr("queries %1 – %2 meet keys %3 – %4, %5")
        .arg(block.queries.begin)
        .arg(block.queries.end - 1)
        .arg(block.keys.begin)
        .arg(block.keys.end - 1)
        .arg(text(maskName(block.mask)));
}

QString transferWords(const Transfer& transfer) {
    const bool receives = transfer.kind == TransferKind::Receive;
    QString words = text(transferName(transfer.kind)) + QStringLiteral(" ") +
                    text(payloadName(transfer.payload));
    if (transfer.peer >= 0)
        words +=
            (receives ? SchedulePicture::tr(" from rank %1") : SchedulePicture::tr(" to rank %1"))
                .arg(transfer.peer);
    return words + QStringLiteral(", ") +
           text(formatBytes({receives ? transfer.receivedBytes : transfer.sentBytes}));
}

}  // namespace

SchedulePicture::SchedulePicture(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setAccessibleName(tr("Schedule picture"));
}

void SchedulePicture::setPlan(const std::shared_ptr<const RunPlan>& plan) {
    plan_ = plan;
    reason_.clear();
    mostPairs_ = 1;
    rows_.clear();
    QStringList spoken;
    for (int rank = 0; planned() && rank < std::min(mostShown, plan_->schedule().ranks); ++rank) {
        RankSchedule steps = stepsOf(plan_->schedule(), rank);
        const std::int64_t pairs = attendedPairs(plan_->schedule(), steps);
        steps.forward.resize(std::min<std::size_t>(mostShown, steps.forward.size()));
        rows_.push_back({std::move(steps.forward), pairs});
        mostPairs_ = std::max(mostPairs_, pairs);
        spoken << words(rank, 0);
    }
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

void SchedulePicture::setReason(const QString& reason) {
    plan_.reset();
    reason_ = reason;
    setAccessibleDescription(reason);
    updateGeometry();
    update();
}

int SchedulePicture::shownRanks() const { return planned() ? static_cast<int>(rows_.size()) : 0; }

int SchedulePicture::shownSteps() const {
    return planned() ? static_cast<int>(rows_.front().steps.size()) : 0;
}

QSize SchedulePicture::sizeHint() const {
    if (!planned()) return {scaled(200), scaled(64)};
    return {scaled(labelWidth + shownSteps() * cellWidth + workWidth),
            scaled(headerHeight + shownRanks() * cellHeight + legendHeight)};
}

const Step& SchedulePicture::stepAt(int rank, int step) const {
    return rows_.at(static_cast<std::size_t>(rank)).steps.at(static_cast<std::size_t>(step));
}

SchedulePicture::Measures SchedulePicture::measures() const {
    const double rows = std::max(1, shownRanks());
    const double columns = std::max(1, shownSteps());
    const double high = (height() - scaled(headerHeight + legendHeight)) / rows;
    const double wide = (width() - scaled(labelWidth + workWidth)) / columns - scaled(wordsWidth);
    const double side =
        std::clamp(std::min(high - scaled(matrixGap), wide), double(scaled(cellHeight - matrixGap)),
                   double(scaled(largestMatrix)));
    return {side + scaled(wordsWidth), side + scaled(matrixGap), side};
}

QRectF SchedulePicture::cell(int rank, int step) const {
    const Measures at = measures();
    return {scaled(labelWidth) + step * at.cellWidth, scaled(headerHeight) + rank * at.cellHeight,
            at.cellWidth, at.cellHeight};
}

QString SchedulePicture::words(int rank, int step) const {
    const Step& at = stepAt(rank, step);
    QStringList lines{tr("rank %1, step %2").arg(rank).arg(step)};
    if (const QString heads = headsWords(plan_->schedule(), at); !heads.isEmpty()) lines << heads;
    for (const Block& block : at.blocks) lines << blockWords(block);
    if (at.blocks.empty()) lines << tr("nothing to do: no query sees these keys");
    for (const Transfer& transfer : at.transfers) lines << transferWords(transfer);
    return lines.join(QStringLiteral("\n"));
}

bool SchedulePicture::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (int rank = 0; rank < shownRanks(); ++rank) {
        for (int step = 0; step < shownSteps(); ++step) {
            const QRectF box = cell(rank, step);
            if (!box.contains(help->pos())) continue;
            QToolTip::showText(help->globalPos(), words(rank, step), this, box.toRect());
            return true;
        }
    }
    QToolTip::hideText();
    return true;
}

void SchedulePicture::paintEvent(QPaintEvent*) {
    const Ink ink = inkOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!planned()) {
        painter.setPen(ink.muted);
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, reason_);
        return;
    }
    QFont small = font();
    small.setPixelSize(scaled(smallText));
    painter.setFont(small);
    paintHeader(painter);
    for (int rank = 0; rank < shownRanks(); ++rank) {
        painter.setPen(ink.text);
        painter.drawText(QRectF(0, cell(rank, 0).top(), scaled(labelWidth), cell(rank, 0).height()),
                         Qt::AlignLeft | Qt::AlignVCenter, tr("rank %1").arg(rank));
        for (int step = 0; step < shownSteps(); ++step) paintCell(painter, rank, step);
        paintWork(painter, rank);
    }
    paintLegend(painter);
}

void SchedulePicture::paintHeader(QPainter& painter) const {
    painter.setPen(inkOf(*this).muted);
    const double height = scaled(headerHeight);
    for (int step = 0; step < shownSteps(); ++step)
        painter.drawText(QRectF(cell(0, step).left(), 0, cell(0, step).width(), height),
                         Qt::AlignLeft | Qt::AlignVCenter, tr("step %1").arg(step));
    painter.drawText(QRectF(cell(0, shownSteps()).left(), 0, scaled(workWidth), height),
                     Qt::AlignLeft | Qt::AlignVCenter, tr("attention work"));
}

void SchedulePicture::paintCell(QPainter& painter, int rank, int step) const {
    const Ink ink = inkOf(*this);
    const Step& at = stepAt(rank, step);
    const QRectF box = cell(rank, step);
    const double side = measures().matrixSide;
    const QRectF matrix(box.left(), box.center().y() - side / 2, side, side);
    painter.setPen(QPen(ink.line, 1));
    painter.setBrush(ink.background);
    painter.drawRect(matrix);

    QColor colour = ink.mode(plan_->config.parallel.mode);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    for (const Block& block : at.blocks) painter.drawPolygon(shapeOf(block, at, *plan_, matrix));
    if (at.blocks.empty()) {
        painter.setBrush(ink.muted);
        painter.drawEllipse(matrix.center(), 1.5, 1.5);
    }

    const QRectF words(matrix.right() + scaled(6), box.top(), scaled(wordsWidth - 8), box.height());
    painter.setPen(ink.text);
    painter.drawText(words.adjusted(0, scaled(5), 0, 0), Qt::AlignLeft | Qt::AlignTop,
                     keysHeld(*plan_, at));
    painter.setPen(ink.muted);
    painter.drawText(words.adjusted(0, 0, 0, -scaled(5)), Qt::AlignLeft | Qt::AlignBottom,
                     sends(at));
}

void SchedulePicture::paintWork(QPainter& painter, int rank) const {
    const Ink ink = inkOf(*this);
    const QRectF box = cell(rank, shownSteps());
    const Row& row = rows_.at(static_cast<std::size_t>(rank));
    const double share = double(row.pairs) / double(mostPairs_);
    const double full = scaled(workWidth - 56);
    const QRectF bar(box.left(), box.center().y() - scaled(4), full * share, scaled(8));
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink.line);
    painter.drawRoundedRect(QRectF(bar.topLeft(), QSizeF(full, bar.height())), 2, 2);
    painter.setBrush(ink.mode(plan_->config.parallel.mode));
    painter.drawRoundedRect(bar, 2, 2);
    painter.setPen(ink.text);
    painter.drawText(QRectF(box.left() + full + scaled(6), box.top(), scaled(50), box.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     QStringLiteral("%1 %").arg(qRound(share * 100)));
}

void SchedulePicture::paintLegend(QPainter& painter) const {
    QString legend =
        tr("down: a rank's queries · across: the keys it holds in that step · filled: "
           "pairs computed");
    if (const auto& parts = plan_->parts; parts.size() > 1)
        legend = tr("of %1 of %2 layers, those like the first · ")
                     .arg(parts.front().layers)
                     .arg(static_cast<qint64>(plan_->layers.size())) +
                 legend;
    if (plan_->schedule().ranks > shownRanks())
        legend =
            tr("the first %1 of %2 ranks · ").arg(mostShown).arg(plan_->schedule().ranks) + legend;
    painter.setPen(inkOf(*this).muted);
    const QRectF box(0, cell(shownRanks(), 0).top(), width(), scaled(legendHeight));
    painter.drawText(box, Qt::AlignLeft | Qt::AlignBottom,
                     painter.fontMetrics().elidedText(legend, Qt::ElideRight, width()));
}

}  // namespace ringscope::ui
