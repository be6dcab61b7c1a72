#include "ui/pages/mode_picker.h"

#include "backend/core/units.h"
#include "backend/plan/mode_table.h"
#include "backend/report/memory_text.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QGridLayout>
#include <QPainter>
#include <QPainterPath>
#include <QResizeEvent>
#include <algorithm>

namespace ringscope::ui {
namespace {

constexpr int narrowest = 146;  // of a card, at zoom 1
constexpr int cardPadding = 10;

void paintCheck(QPainter& painter, const QRectF& box, bool checked, const Ink& ink) {
    painter.setPen(QPen(checked ? ink.accent : ink.muted, 1.2));
    painter.setBrush(checked ? ink.accent : ink.background);
    painter.drawRoundedRect(box, 3, 3);
    if (!checked) return;
    painter.setPen(QPen(ink.background, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(
        QPolygonF({box.topLeft() + QPointF(box.width() * 0.22, box.height() * 0.52),
                   box.topLeft() + QPointF(box.width() * 0.43, box.height() * 0.73),
                   box.topLeft() + QPointF(box.width() * 0.79, box.height() * 0.28)}));
}

}  // namespace

ModeCard::ModeCard(std::string mode, QWidget* parent)
    : QAbstractButton(parent), mode_(std::move(mode)) {
    setCheckable(true);
    setText(ui::text(mode_));
    setObjectName(QStringLiteral("mode_") + ui::text(mode_));
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    if (const Mode* row = findMode(mode_)) help_ = ui::text(row->help);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ModeCard::showPlan(const ModePlan& plan, bool ticked) {
    reason_ = ui::text(plan.reason);
    figures_.clear();
    if (plan.plan)
        figures_ = tr("%1 · %2/step")
                       .arg(countText(plan.plan->ranks, "rank"),
                            ui::text(formatBytes({plan.plan->attentionBytesPerStep})));
    if (plan.memory) showMemory(*plan.memory, plan.plan->config);
    setToolTip(reason_.isEmpty() ? help_ : reason_);
    showShares(plan.plan ? plan.shares : std::vector<RankShare>{});
    legal_ = plan.plan.has_value();
    setEnabled(legal_ || ticked);
    setAccessibleDescription(help_ + QStringLiteral(". ") +
                             (reason_.isEmpty() ? figures_ : reason_));
    updateGeometry();
    update();
}

void ModeCard::showMemory(const MemoryPlan& memory, const RunConfig& config) {
    figures_ += tr("\n%1 a %2 rank")
                    .arg(ui::text(formatBytes({memory.peak.bytes()})),
                         ui::text(deviceWord(config.launch.device)));
    if (!memory.fits.value_or(true))
        figures_ += tr(", over %1").arg(ui::text(formatBytes(*config.memory.budget)));
}

// "busiest 1.31 × mean", and what each has to do for the tooltip.
void ModeCard::showShares(const std::vector<RankShare>& shares) {
    balance_.clear();
    if (shares.size() < 2) return;
    constexpr std::size_t shown = 16;
    std::int64_t most = 1;
    for (const RankShare& share : shares) most = std::max(most, share.pairs);
    QStringList lines{help_};
    for (std::size_t rank = 0; rank < shares.size(); ++rank) {
        balance_.push_back(static_cast<double>(shares[rank].pairs) / static_cast<double>(most));
        if (rank < shown)
            lines << tr("rank %1: %2 tokens, %3 labels, %4 pairs in attention")
                         .arg(rank)
                         .arg(ui::text(formatCount(shares[rank].tokens)),
                              ui::text(formatCount(shares[rank].labels)),
                              ui::text(formatCount(shares[rank].pairs)));
    }
    figures_ += tr("\nbusiest %1 × mean").arg(ui::text(formatSignificant(imbalance(shares))));
    setToolTip(lines.join(QLatin1Char('\n')));
}

// A bar a rank, as high as its work in attention.
void ModeCard::paintBalance(QPainter& painter, const QRectF& room, const Ink& ink) const {
    const qreal step =
        std::min<qreal>(scaled(6), room.width() / static_cast<qreal>(balance_.size()));
    if (room.width() < scaled(16)) return;  // beside a long name
    qreal x = room.right() - step * static_cast<qreal>(balance_.size());
    for (const double share : balance_) {
        const qreal height = std::max<qreal>(1, share * room.height());
        painter.fillRect(QRectF(x, room.bottom() - height, step * 0.7, height), ink.mode(mode_));
        x += step;
    }
}

QSize ModeCard::sizeHint() const { return {scaled(narrowest), heightForWidth(scaled(narrowest))}; }

int ModeCard::heightForWidth(int width) const { return layOut(width, nullptr); }

// Draws where there is a painter; answers the height either way.
int ModeCard::layOut(int width, QPainter* painter) const {
    const Ink ink = inkOf(*this);
    const int pad = scaled(cardPadding);
    const int side = scaled(14);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    QFont small = font();
    small.setPixelSize(scaled(smallText));
    const QFontMetrics boldMetrics(bold);
    const QFontMetrics smallMetrics(small);
    const int headHeight = std::max(boldMetrics.height(), side);
    const QString foot = reason_.isEmpty() ? figures_ : reason_;
    const QRect room(pad, 0, width - 2 * pad, 10'000);
    const auto height = [&](const QString& words) {
        return smallMetrics.boundingRect(room, Qt::TextWordWrap, words).height();
    };
    const int helpTop = pad + headHeight + scaled(4);
    const int footTop = helpTop + height(help_) + scaled(6);
    const int total = footTop + height(foot) + pad;
    if (painter == nullptr) return total;

    const QRectF check(pad, pad + (headHeight - side) / 2.0, side, side);
    paintCheck(*painter, check, isChecked(), ink);
    const QRectF mark(check.right() + scaled(5), pad + (headHeight - scaled(10)) / 2.0, scaled(10),
                      scaled(10));
    paintMarker(*painter, modeLook(mode_).marker, mark, legal_ ? ink.mode(mode_) : ink.muted);
    painter->setFont(bold);
    painter->setPen(legal_ ? ink.text : ink.muted);
    painter->drawText(QRectF(mark.right() + scaled(4), pad, width, headHeight),
                      Qt::AlignLeft | Qt::AlignVCenter, text());
    const qreal named = mark.right() + scaled(10) + boldMetrics.horizontalAdvance(text());
    paintBalance(*painter, {named, qreal(pad), width - pad - named, qreal(headHeight)}, ink);
    painter->setFont(small);
    painter->setPen(ink.muted);
    painter->drawText(QRect(pad, helpTop, room.width(), height(help_)), Qt::TextWordWrap, help_);
    painter->setPen(reason_.isEmpty() ? ink.text : ink.bad);
    const int footPlace = this->height() - pad - height(foot);
    painter->drawText(QRect(pad, std::max(footTop, footPlace), room.width(), height(foot)),
                      Qt::TextWordWrap, foot);
    return total;
}

void ModeCard::paintEvent(QPaintEvent*) {
    const Ink ink = inkOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool lit = isEnabled() && (hasFocus() || underMouse());
    painter.setPen(QPen(hasFocus() ? ink.accent : lit ? ink.muted : ink.line, 1));
    painter.setBrush(ink.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    layOut(width(), &painter);
}

void ModeCard::changeEvent(QEvent* event) {
    QAbstractButton::changeEvent(event);
    if (event->type() == QEvent::FontChange) updateGeometry();
}

ModePicker::ModePicker(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setSpacing(8);
    for (const Mode& mode : modeTable()) {
        auto* card = new ModeCard(std::string(mode.name));
        cards_.push_back(card);
        connect(card, &ModeCard::clicked, this, [this, card] {
            Q_EMIT touched(card->mode());
            Q_EMIT chose(chosen());
        });
    }
    arrange();
}

void ModePicker::showPlan(const DraftPlan& plan) {
    for (ModeCard* card : cards_) {
        const auto found = std::ranges::find(plan.modePlans, card->mode(), &ModePlan::mode);
        const bool ticked = std::ranges::find(plan.modes, card->mode()) != plan.modes.end();
        card->setChecked(ticked);
        if (found != plan.modePlans.end()) card->showPlan(*found, ticked);
    }
}

std::vector<std::string> ModePicker::chosen() const {
    std::vector<std::string> modes;
    for (const ModeCard* card : cards_)
        if (card->isChecked()) modes.push_back(card->mode());
    return modes;
}

ModeCard* ModePicker::card(std::string_view mode) const {
    const auto found = std::ranges::find(cards_, mode, &ModeCard::mode);
    return found == cards_.end() ? nullptr : *found;
}

void ModePicker::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

void ModePicker::arrange() {
    const int count = static_cast<int>(cards_.size());
    const int fitting = std::clamp((width() + 8) / (scaled(narrowest) + 8), 1, count);
    const int rows = (count + fitting - 1) / fitting;
    const int columns = (count + rows - 1) / rows;  // 5 cards: 5, or 3 + 2, never 4 + 1
    if (columns == columns_) return;
    for (int c = 0; c < columns_; ++c) grid_->setColumnStretch(c, 0);
    columns_ = columns;
    for (int i = 0; i < count; ++i)
        grid_->addWidget(cards_[static_cast<std::size_t>(i)], i / columns, i % columns);
    for (int c = 0; c < columns; ++c) grid_->setColumnStretch(c, 1);
}

}  // namespace ringscope::ui
