#include "ui/timeline/timeline_painter.h"

#include <QObject>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

// Pixels from the left end of the time axis.
double xOf(const TimelineScene& scene, std::int64_t time) {
    return scene.view.x(scene.trace.inView({time}));
}

}  // namespace

TimelinePainter::TimelinePainter(bool dark, const QFont& font, double pixelRatio)
    : ink_(inkFor(dark)), font_(font), pixelRatio_(pixelRatio), lanes_(dark, font, pixelRatio) {
    font_.setPixelSize(scaled(smallText));
}

double TimelinePainter::snapped(double x) const {
    return std::round(x * pixelRatio_) / pixelRatio_;
}

void TimelinePainter::paint(QPainter& painter, const TimelineScene& scene) {
    const TimelineLayout& layout = scene.layout;
    const std::size_t end = layout.endShown();
    painter.save();
    painter.setClipRect(layout.rows());
    for (std::size_t r = layout.firstShown(); r < end; ++r) paintGutter(painter, scene, r);
    QRectF axis = layout.rows();
    axis.setLeft(layout.gutter());
    axis.setWidth(layout.width());
    painter.setClipRect(axis);
    for (std::size_t r = layout.firstShown(); r < end; ++r) paintRow(painter, scene, r);
    painter.restore();
    painter.setFont(font_);
    paintRuler(painter, scene);
    paintMinimap(painter, scene);
    paintSelection(painter, scene);
}

void TimelinePainter::paintGutter(QPainter& painter, const TimelineScene& scene,
                                  std::size_t row) const {
    const double width = scene.layout.gutter() - scaled(8);
    const auto label = [&](const QRectF& box, Qt::Alignment side, const QString& words) {
        painter.drawText(QRectF(0, box.top(), width, box.height()), side | Qt::AlignVCenter, words);
    };
    QFont bold = font_;
    bold.setWeight(QFont::DemiBold);
    painter.setPen(ink_.text);
    painter.setFont(bold);
    label(scene.layout.lane({row, scene.layout.lanes().front().kind}), Qt::AlignLeft,
          QObject::tr("rank %1").arg(scene.trace.rows[row].rank));
    painter.setFont(font_);
    painter.setPen(ink_.muted);
    for (const LaneHeight& shown : scene.layout.lanes()) {
        const LanePlace place{row, shown.kind};
        const TimelineLane& lane = scene.lanes.at(place);
        const QRectF box = scene.layout.lane(place);
        label(box, Qt::AlignRight, lane.name());
        // The scale, where it does not touch the name.
        const double line = QFontMetricsF(font_).height();
        if (const QString scale = lane.scale(); !scale.isEmpty() && box.height() >= 3 * line)
            label({box.left(), box.top(), box.width(), line}, Qt::AlignRight, scale);
    }
}

void TimelinePainter::paintRow(QPainter& painter, const TimelineScene& scene, std::size_t row) {
    const QRectF box = scene.layout.row(row);
    for (const LaneHeight& shown : scene.layout.lanes()) {
        const LanePlace place{row, shown.kind};
        const auto numberOf = [&](const std::optional<PieceAt>& at) {
            return at && at->place == place ? std::optional(at->piece) : std::nullopt;
        };
        scene.lanes.at(place).paint(painter, lanes_, {scene.layout.lane(place), scene.view},
                                    {numberOf(scene.hovered), numberOf(scene.current)});
    }
    if (scene.predicted != nullptr) paintPredicted(painter, scene, row);
    for (const StepMark& mark : scene.trace.rows[row].steps) {
        const double x = box.left() + xOf(scene, mark.begin);
        if (x < box.left() || x > box.right()) continue;
        painter.fillRect(QRectF(snapped(x), box.top(), 1, box.height()), ink_.muted);
    }
}

void TimelinePainter::paintPredicted(QPainter& painter, const TimelineScene& scene,
                                     std::size_t row) {
    const OpenedTrace& predicted = *scene.predicted;
    const auto same = std::ranges::find(predicted.rows, scene.trace.rows[row].rank, &RankRow::rank);
    if (same == predicted.rows.end()) return;
    for (const LaneHeight& shown : scene.layout.lanes()) {
        if (shown.kind == LaneKind::Memory) continue;
        const Lane& lane = shown.kind == LaneKind::Work ? same->work : same->messages;
        const LaneSight sight{scene.layout.lane({row, shown.kind}), scene.view};
        for (const StepMark& step : scene.trace.rows.front().steps)
            lanes_.spans.paintPredicted(painter, scene.trace, lane,
                                        step.begin - predicted.trace.begin, sight);
    }
}

void TimelinePainter::paintRuler(QPainter& painter, const TimelineScene& scene) const {
    const QRectF ruler = scene.layout.ruler();
    const QRectF marks = scene.layout.marks();
    const QFontMetricsF metrics(font_);
    painter.save();
    painter.setClipRect(ruler);
    painter.setPen(ink_.text);
    double labelled = ruler.left() - 1;
    for (const StepMark& mark :
         scene.trace.rows.empty() ? std::vector<StepMark>{} : scene.trace.rows.front().steps) {
        const double left = ruler.left() + xOf(scene, mark.begin);
        const double right = ruler.left() + xOf(scene, mark.end);
        if (right <= ruler.left() || left >= ruler.right()) continue;
        painter.fillRect(QRectF(snapped(left), marks.top(), 1, ruler.height()), ink_.muted);
        // The name stays in sight as long as its step does.
        const QString name = QObject::tr("step %1").arg(mark.step);
        const double at = std::max({left, ruler.left(), labelled}) + scaled(4);
        if (at + metrics.horizontalAdvance(name) > right) continue;
        painter.drawText(QRectF(at, marks.top(), right - at, marks.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, name);
        labelled = at + metrics.horizontalAdvance(name);
    }
    painter.setPen(ink_.muted);
    for (const Tick& tick : ticksOf(scene.view, scaled(96))) {
        const double x = ruler.left() + scene.view.x(tick.at);
        painter.fillRect(QRectF(snapped(x), ruler.bottom() - scaled(5), 1, scaled(5)), ink_.muted);
        painter.drawText(
            QRectF(x + scaled(4), marks.bottom(), scaled(90), ruler.bottom() - marks.bottom()),
            Qt::AlignLeft | Qt::AlignVCenter, tick.label);
    }
    painter.restore();
    painter.fillRect(QRectF(ruler.left(), ruler.bottom() - 1, ruler.width(), 1), ink_.line);
    painter.setPen(ink_.muted);
    painter.drawText(QRectF(0, marks.bottom(), scene.layout.gutter() - scaled(8),
                            ruler.bottom() - marks.bottom()),
                     Qt::AlignRight | Qt::AlignVCenter, QObject::tr("ms"));
}

// Over all ranks: attention from below, exposed communication from above.
QPixmap TimelinePainter::minimap(const OpenedTrace& trace, const QSizeF& size) const {
    QPixmap picture((size * pixelRatio_).toSize().expandedTo(QSize(1, 1)));
    picture.setDevicePixelRatio(pixelRatio_);
    picture.fill(ink_.panel);
    if (trace.rows.empty()) return picture;
    QPainter painter(&picture);
    const double duration = double(trace.trace.end - trace.trace.begin);
    const int columns = std::max(1, static_cast<int>(size.width()));
    for (int c = 0; c < columns; ++c) {
        const auto time = [&](int column) {
            return trace.trace.begin + static_cast<std::int64_t>(duration * column / columns);
        };
        const double whole = double(time(c + 1) - time(c)) * double(trace.rows.size());
        double attention = 0;
        double exposed = 0;
        for (const RankRow& row : trace.rows) {
            const Shares work = row.work.within(time(c), time(c + 1));
            const Shares bare = row.exposed.within(time(c), time(c + 1));
            attention += double(work[static_cast<std::size_t>(Tint::Attention)]);
            exposed += double(bare[static_cast<std::size_t>(Tint::Exposed)]);
        }
        if (whole <= 0) continue;
        const double up = size.height() * attention / whole;
        const double down = size.height() * exposed / whole;
        painter.fillRect(QRectF(c, size.height() - up, 1, up), lanes_.spans.tint(Tint::Attention));
        painter.fillRect(QRectF(c, 0, 1, down), ink_.bad);
    }
    return picture;
}

void TimelinePainter::paintMinimap(QPainter& painter, const TimelineScene& scene) const {
    const QRectF box = scene.layout.minimap();
    painter.drawPixmap(box.topLeft(), minimap_);
    const double scale = box.width() / scene.view.duration();
    const double left = box.left() + scene.view.from().ns * scale;
    const double right = std::max(left + 2, box.left() + scene.view.to().ns * scale);
    QColor veil = ink_.background;
    veil.setAlphaF(0.62F);
    painter.fillRect(QRectF(box.left(), box.top(), left - box.left(), box.height()), veil);
    painter.fillRect(QRectF(right, box.top(), box.right() - right, box.height()), veil);
    painter.setPen(QPen(ink_.muted, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(snapped(left), box.top(), right - left - 1, box.height() - 1));
    painter.setPen(ink_.muted);
    painter.drawText(QRectF(0, box.top(), scene.layout.gutter() - scaled(8), box.height()),
                     Qt::AlignRight | Qt::AlignVCenter, QObject::tr("all ranks"));
}

void TimelinePainter::paintSelection(QPainter& painter, const TimelineScene& scene) const {
    if (!scene.selection) return;
    const QRectF ruler = scene.layout.ruler();
    const QRectF rows = scene.layout.rows();
    const auto x = [&](std::int64_t time) {
        return std::clamp(ruler.left() + xOf(scene, time), ruler.left(), ruler.right());
    };
    const double left = snapped(x(scene.selection->begin));
    const double right = snapped(x(scene.selection->end));
    QColor wash = ink_.accent;
    wash.setAlphaF(0.14F);
    painter.fillRect(QRectF(left, ruler.top(), right - left, rows.bottom() - ruler.top()), wash);
    for (double edge : {left, right - 1})
        painter.fillRect(QRectF(edge, ruler.top(), 1, rows.bottom() - ruler.top()), ink_.accent);
}

}  // namespace ringscope::ui
