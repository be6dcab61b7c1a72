#include "ui/timeline/timeline_view.h"

#include "ui/widgets/parts.h"

#include <QAccessible>
#include <QFrame>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double zoomPerNotch = 1.25;
constexpr double zoomPerKey = 1.5;
constexpr double zoomPerMoment = 4;
constexpr double panPerKey = 0.15;  // of the width
constexpr double roomAround = 0.1;  // of a span that is zoomed to
constexpr double leastSeen = 6;     // pixels of a span that is gone to
constexpr double roomOfFound = 20;  // times a span that was too short to be seen

}  // namespace

TimelineView::TimelineView(QWidget* parent)
    : QAbstractScrollArea(parent),
      card_(makeCard(viewport())),
      cardTitle_(makeLabel({})),
      cardText_(makeLabel({}, "small")) {
    setObjectName(QStringLiteral("timeline"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    setAccessibleName(tr("Timeline"));
    setMinimumHeight(scaled(200));
    card_->setAttribute(Qt::WA_TransparentForMouseEvents);
    card_->setAutoFillBackground(true);
    QFont bold = cardTitle_->font();
    bold.setWeight(QFont::DemiBold);
    cardTitle_->setFont(bold);
    QVBoxLayout* layout = column(card_, 8, 2);
    layout->addWidget(cardTitle_);
    layout->addWidget(cardText_);
    card_->hide();
}

std::vector<std::pair<QString, QString>> TimelineView::keys() {
    return {{tr("W, S"), tr("zoom in and out; so does the wheel, at the mouse")},
            {tr("A, D"), tr("to the left and right; so does Shift with the wheel, or a drag")},
            {tr("F"), tr("the whole recording")},
            {tr("Home, End"), tr("to its ends")},
            {tr("Left, Right"), tr("to the span before and after")},
            {tr("Up, Down"), tr("to the lane above and below")},
            {tr("Enter, double click"), tr("zoom to the span")},
            {tr("M"), tr("show memory, or fold it away")},
            {tr("P"), tr("to the peak of memory")},
            {tr("drag on the ruler"), tr("select a stretch of time")},
            {tr("Escape"), tr("take the selection away")}};
}

void TimelineView::setTrace(std::shared_ptr<const OpenedTrace> trace) {
    lanes_ = {};
    trace_ = std::move(trace);
    if (trace_) lanes_ = TimelineLanes(*trace_);
    hovered_.reset();
    current_.reset();
    cardOfCurrent_ = false;
    drag_ = Drag::None;
    card_->hide();
    painter_.reset();
    verticalScrollBar()->setValue(0);
    const Interval range = trace_ ? trace_->range() : Interval{0, 1};
    view_ = TimeView(static_cast<double>(range.end - range.begin), places().width());
    measure();
    select({});
    Q_EMIT viewChanged();
    viewport()->update();
}

TimelineLayout TimelineView::places() const {
    return {viewport()->size(), trace_ ? trace_->rows.size() : 0, verticalScrollBar()->value(),
            lanes_.heights(folded_)};
}

void TimelineView::measure() {
    const TimelineLayout layout = places();
    const int room = static_cast<int>(layout.rows().height());
    verticalScrollBar()->setPageStep(std::max(1, room));
    verticalScrollBar()->setSingleStep(scaled(24));
    verticalScrollBar()->setRange(0, std::max(0, layout.rowsHeight() - room));
    view_.setWidth(layout.width());
}

TimelineScene TimelineView::scene() const {
    return {.trace = *trace_,
            .lanes = lanes_,
            .view = view_,
            .layout = places(),
            .selection = selection_,
            .current = hasFocus() ? current_ : std::nullopt,
            .hovered = hovered_,
            .predicted = predicted_.get()};
}

TimelinePainter& TimelineView::painter() {
    if (!painter_) {
        painter_.emplace(isDark(palette()), font(), devicePixelRatioF());
        painter_->setMinimap(painter_->minimap(*trace_, places().minimap().size()));
    }
    return *painter_;
}

void TimelineView::setPredicted(std::shared_ptr<const OpenedTrace> predicted) {
    predicted_ = std::move(predicted);
    viewport()->update();
}

void TimelineView::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    const Ink ink = inkOf(*this);
    painter.fillRect(viewport()->rect(), ink.background);
    if (!trace_) return;
    this->painter().paint(painter, scene());
    if (hasFocus()) {
        painter.setPen(ink.accent);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(places().minimap().adjusted(-1, 0, 0, -1));
    }
}

void TimelineView::resizeEvent(QResizeEvent*) {
    painter_.reset();
    measure();
}

void TimelineView::scrollContentsBy(int, int) { viewport()->update(); }

void TimelineView::changeEvent(QEvent* event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        painter_.reset();
        measure();
        viewport()->update();
    }
}

bool TimelineView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave) hover({}, {});
    return QAbstractScrollArea::viewportEvent(event);
}

void TimelineView::changeView(const std::function<void(TimeView&)>& change) {
    if (!trace_) return;
    change(view_);
    if (hovered_ || cardOfCurrent_) hover({}, {});
    viewport()->update();
    Q_EMIT viewChanged();
}

void TimelineView::fit() {
    changeView([](TimeView& view) { view.fit(); });
}

void TimelineView::zoomTo(const Interval& interval, std::optional<std::size_t> row) {
    if (!trace_) return;
    const double from = trace_->inView({interval.begin}).ns;
    const double to = trace_->inView({interval.end}).ns;
    const double room = (to - from) * roomAround;
    changeView([&](TimeView& view) { view.show({from - room}, {to + room}); });
    if (row) showRow(*row);
}

void TimelineView::showStretch(ViewTime from, ViewTime to) {
    changeView([&](TimeView& view) { view.show(from, to); });
}

void TimelineView::setReach(double span) {
    changeView([&](TimeView& view) { view.setReach(span); });
}

void TimelineView::goToSpan(std::size_t row, std::uint32_t span) {
    if (!trace_) return;
    const Span& found = trace_->span(row, span);
    const auto length = static_cast<double>(found.duration());
    const bool seen = length >= leastSeen * view_.nsPerPixel() && length <= view_.span();
    if (!seen) {
        const double middle = trace_->inView({found.begin()}).ns + length / 2;
        const double half = std::max(1.0, length) * roomOfFound / 2;
        changeView([&](TimeView& view) { view.show({middle - half}, {middle + half}); });
    }
    select(Interval{found.begin(), found.end()});
    const bool message = found.kind() == SpanKind::Transfer || found.kind() == SpanKind::Wait;
    const LanePlace place{row, message ? LaneKind::Messages : LaneKind::Work};
    const TraceTime time{found.begin() + found.duration() / 2};
    if (const std::optional<std::size_t> piece = lane(place).near(time))
        setCurrent({place, *piece});
    else
        showRow(row);
}

void TimelineView::showRow(std::size_t row) {
    const QRectF box = places().row(row);
    const QRectF sight = places().rows();
    QScrollBar& bar = *verticalScrollBar();
    if (box.top() < sight.top())
        bar.setValue(bar.value() - static_cast<int>(std::ceil(sight.top() - box.top())));
    if (box.bottom() > sight.bottom())
        bar.setValue(bar.value() + static_cast<int>(std::ceil(box.bottom() - sight.bottom())));
}

void TimelineView::select(std::optional<Interval> interval) {
    selection_ = interval;
    viewport()->update();
    Q_EMIT selectionChanged();
}

void TimelineView::showMemory(bool shown) {
    if (shown == memoryShown()) return;
    folded_ = shown ? std::vector<LaneKind>() : std::vector{LaneKind::Memory};
    if (current_ && current_->place.lane == LaneKind::Memory) current_.reset();
    hover({}, {});
    measure();
    viewport()->update();
    Q_EMIT memoryToggled(shown);
}

void TimelineView::goToPeak() {
    if (!hasMemory()) return;
    showMemory(true);
    const auto peakOf = [](const RankRow& row) {
        return row.memory.empty() ? -1 : totalOf(row.memory.heldAt(row.memory.peak()));
    };
    auto row = static_cast<std::size_t>(std::ranges::max_element(trace_->rows, {}, peakOf) -
                                        trace_->rows.begin());
    if (current_ && !trace_->rows[current_->place.row].memory.empty()) row = current_->place.row;
    setCurrent({{row, LaneKind::Memory}, trace_->rows[row].memory.peak()});
}

TraceTime TimelineView::timeAt(double x) const {
    return trace_->inTrace(view_.timeAt(x - places().gutter()));
}

std::optional<PieceAt> TimelineView::pieceAt(const QPointF& point) const {
    if (!trace_) return {};
    const TimelineLayout layout = places();
    const std::optional<LanePlace> place = layout.laneAt(point);
    if (!place) return {};
    const std::optional<std::size_t> piece =
        lane(*place).at({layout.lane(*place), view_}, point.x());
    return piece ? std::optional(PieceAt{*place, *piece}) : std::nullopt;
}

std::optional<SpanWords> TimelineView::shownWords() const {
    const std::optional<PieceAt>& at = cardOfCurrent_ ? current_ : hovered_;
    if (!trace_ || !at) return {};
    return lane(at->place).words(at->piece);
}

void TimelineView::hover(std::optional<PieceAt> at, const QPointF& point) {
    if (at != hovered_ || cardOfCurrent_) viewport()->update();
    hovered_ = at;
    cardOfCurrent_ = false;
    showCard(point);
}

// Beside the mouse, inside the timeline.
void TimelineView::showCard(const QPointF& point) {
    const std::optional<SpanWords> words = shownWords();
    if (!words) return card_->hide();
    cardTitle_->setText(words->title);
    cardText_->setText(words->lines.join(QLatin1Char('\n')));
    card_->layout()->activate();
    card_->resize(card_->sizeHint());
    const int away = scaled(16);
    QPoint corner = point.toPoint() + QPoint(away, away);
    if (corner.x() + card_->width() > viewport()->width())
        corner.setX(static_cast<int>(point.x()) - away - card_->width());
    if (corner.y() + card_->height() > viewport()->height())
        corner.setY(static_cast<int>(point.y()) - away - card_->height());
    card_->move(std::max(0, corner.x()), std::max(0, corner.y()));
    card_->show();
    card_->raise();
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    event->accept();
    const QPoint turned = event->angleDelta();
    const QPointF point = event->position();
    const bool sideways = std::abs(turned.x()) > std::abs(turned.y());
    const double notches = (sideways ? turned.x() : turned.y()) / 120.0;
    const TimelineLayout layout = places();
    if (sideways || event->modifiers().testFlag(Qt::ShiftModifier))
        return changeView([&](TimeView& view) { view.pan(-notches * view.width() * panPerKey); });
    if (point.x() < layout.gutter() || event->modifiers().testFlag(Qt::ControlModifier)) {
        QScrollBar& bar = *verticalScrollBar();
        return bar.setValue(bar.value() - static_cast<int>(notches * 3 * bar.singleStep()));
    }
    changeView([&](TimeView& view) {
        view.zoom(std::pow(zoomPerNotch, notches), point.x() - layout.gutter());
    });
    hover(pieceAt(point), point);
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (!trace_ || event->button() != Qt::LeftButton) return;
    pressed_ = last_ = event->position();
    moved_ = false;
    const TimelineLayout layout = places();
    const bool onAxis = pressed_.x() >= layout.gutter();
    if (layout.minimap().contains(pressed_))
        drag_ = Drag::Minimap;
    else if (onAxis &&
             (layout.ruler().contains(pressed_) || event->modifiers().testFlag(Qt::ShiftModifier)))
        drag_ = Drag::Select;
    else
        drag_ = Drag::Pan;
    selectFrom_ = timeAt(pressed_.x());
    if (drag_ == Drag::Minimap) dragTo(pressed_);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    const QPointF point = event->position();
    if (drag_ == Drag::None) {
        const TimelineLayout layout = places();
        viewport()->setCursor(layout.ruler().contains(point) ? Qt::IBeamCursor : Qt::ArrowCursor);
        return hover(pieceAt(point), point);
    }
    if ((point - pressed_).manhattanLength() > 3) moved_ = true;
    if (moved_) dragTo(point);
    last_ = point;
}

void TimelineView::dragTo(const QPointF& point) {
    switch (drag_) {
        case Drag::None:
            return;
        case Drag::Minimap: {
            const QRectF box = places().minimap();
            const double share = (point.x() - box.left()) / box.width();
            return changeView([&](TimeView& view) { view.centre({share * view.duration()}); });
        }
        case Drag::Select: {
            const TraceTime to = timeAt(point.x());
            return select(Interval{std::min(selectFrom_, to).ns, std::max(selectFrom_, to).ns});
        }
        case Drag::Pan:
            viewport()->setCursor(Qt::ClosedHandCursor);
            verticalScrollBar()->setValue(verticalScrollBar()->value() -
                                          static_cast<int>(point.y() - last_.y()));
            return changeView([&](TimeView& view) { view.pan(last_.x() - point.x()); });
    }
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (drag_ == Drag::None || event->button() != Qt::LeftButton) return;
    viewport()->setCursor(Qt::ArrowCursor);
    if (!moved_ && drag_ == Drag::Select) select({});
    if (!moved_ && drag_ == Drag::Pan)
        if (const std::optional<PieceAt> at = pieceAt(event->position())) setCurrent(*at);
    drag_ = Drag::None;
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const std::optional<PieceAt> at = pieceAt(event->position())) zoomIntoCurrent(*at);
}

// To the span, or further into the moment.
void TimelineView::zoomIntoCurrent(const PieceAt& at) {
    const Interval stretch = lane(at.place).stretch(at.piece);
    if (stretch.begin < stretch.end) return zoomTo(stretch, at.place.row);
    const double x = view_.x(trace_->inView({stretch.begin}));
    changeView([&](TimeView& view) { view.zoom(zoomPerMoment, x); });
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    if (!trace_ || event->modifiers().testFlag(Qt::ControlModifier))
        return QAbstractScrollArea::keyPressEvent(event);
    const auto zoom = [&](double factor) {
        changeView([&](TimeView& view) { view.zoom(factor, view.width() / 2); });
    };
    const auto pan = [&](double share) {
        changeView([&](TimeView& view) { view.pan(share * view.width()); });
    };
    switch (event->key()) {
        case Qt::Key_W:
            return zoom(zoomPerKey);
        case Qt::Key_S:
            return zoom(1 / zoomPerKey);
        case Qt::Key_A:
            return pan(-panPerKey);
        case Qt::Key_D:
            return pan(panPerKey);
        case Qt::Key_F:
            return fit();
        case Qt::Key_Home:
            return changeView([](TimeView& view) { view.show({0}, {view.span()}); });
        case Qt::Key_End:
            return changeView([](TimeView& view) {
                view.show({view.duration() - view.span()}, {view.duration()});
            });
        case Qt::Key_Left:
            if (stepBy(-1)) return;
            break;
        case Qt::Key_Right:
            if (stepBy(1)) return;
            break;
        case Qt::Key_Up:
            if (goToLane(-1)) return;
            break;
        case Qt::Key_Down:
            if (goToLane(1)) return;
            break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (!current_) break;
            zoomIntoCurrent(*current_);
            return setCurrent(*current_);
        case Qt::Key_M:
            if (!hasMemory()) break;
            return showMemory(!memoryShown());
        case Qt::Key_P:
            return goToPeak();
        case Qt::Key_Escape:
            if (!selection_) break;
            return select({});
        default:
            break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

bool TimelineView::stepBy(int direction) {
    if (!current_) return goToLane(0);
    const LanePlace place = current_->place;
    if (const auto piece = lane(place).step(current_->piece, direction, view_))
        setCurrent({place, *piece});
    return true;
}

// To the piece of another lane at the same time; first of all into the first row.
bool TimelineView::goToLane(int lanes) {
    const std::vector<LaneHeight> shown = places().lanes();
    const auto perRow = static_cast<int>(shown.size());
    const int last = static_cast<int>(trace_->rows.size()) * perRow - 1;
    int from = 0;
    TraceTime time = trace_->inTrace(view_.from());
    if (current_) {
        const auto& [place, piece] = *current_;
        const auto kind = std::ranges::find(shown, place.lane, &LaneHeight::kind);
        from = static_cast<int>(place.row) * perRow + static_cast<int>(kind - shown.begin());
        time = {lane(place).stretch(piece).begin};
    }
    const int direction = lanes < 0 ? -1 : 1;
    for (int to = from + lanes; to >= 0 && to <= last; to += direction) {
        const LanePlace place{static_cast<std::size_t>(to / perRow),
                              shown[static_cast<std::size_t>(to % perRow)].kind};
        const std::optional<std::size_t> piece = lane(place).near(time);
        if (!piece) continue;
        setCurrent({place, *piece});
        return true;
    }
    return current_.has_value();
}

void TimelineView::setCurrent(const PieceAt& at) {
    current_ = at;
    showRow(at.place.row);
    const TimelineLane& lane = this->lane(at.place);
    const Interval now = lane.stretch(at.piece);
    const ViewTime begin = trace_->inView({now.begin});
    const ViewTime end = trace_->inView({now.end});
    if (end < view_.from() || begin > view_.to())
        changeView([&](TimeView& view) { view.centre({(begin.ns + end.ns) / 2}); });
    hovered_.reset();
    cardOfCurrent_ = true;
    const QRectF box = places().lane(at.place);
    const double left = std::clamp(box.left() + view_.x(begin), box.left(), box.right());
    const double right = std::clamp(box.left() + view_.x(end), box.left(), box.right());
    showCard({(left + right) / 2, box.bottom()});
    setAccessibleDescription(lane.words(at.piece).plain());
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
    viewport()->update();
}

void TimelineView::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void TimelineView::focusOutEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusOutEvent(event);
    if (cardOfCurrent_) hover({}, {});
    viewport()->update();
}

}  // namespace ringscope::ui
