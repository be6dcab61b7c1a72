#include "ui/timeline/timeline_painter.h"

#include "ui/timeline/memory_words.h"
#include "ui/timeline/span_words.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double faintest = 0.3;     // a piece far shorter than a pixel is still seen
constexpr double roomForLabel = 8;   // pixels left and right of a label, together
constexpr QRgb levels = 0xFFF0F0F0;  // mixtures that are nearly alike are drawn as one

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto part = [&](int x, int y) {
        return static_cast<int>(std::lround(x * (1 - share) + y * share));
    };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

double luminance(const QColor& colour) {
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

// The lighter or darker of the two, whichever is better read on the colour.
QColor textOn(const QColor& colour) {
    const double on = luminance(colour) + 0.05;
    const QColor dark(0x10, 0x13, 0x18);
    return 1.05 / on > on / (luminance(dark) + 0.05) ? QColor(Qt::white) : dark;
}

// Lines at 45 degrees that meet those of the neighbouring tile.
QBrush hatchOf(const QColor& colour, double pixelRatio) {
    const int side = scaled(6);
    QPixmap tile(QSize(side, side) * pixelRatio);
    tile.setDevicePixelRatio(pixelRatio);
    tile.fill(Qt::transparent);
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, std::max(1.5, side / 4.0)));
    for (int offset : {-side, 0, side})
        painter.drawLine(QPointF(offset - 2, side + 2), QPointF(offset + side + 2, -2));
    painter.end();
    return QBrush(tile);
}

// Pixels from the left end of the time axis.
double xOf(const TimelineScene& scene, std::int64_t time) {
    return scene.view.x(scene.trace->inView({time}));
}

}  // namespace

const Lane& laneOf(const OpenedTrace& trace, const LanePlace& place) {
    const RankRow& row = trace.rows[place.row];
    return place.lane == LaneKind::Work ? row.work : row.messages;
}

QRectF boxOf(const TimelineScene& scene, const LanePlace& place, const Piece& piece) {
    const QRectF lane = scene.layout.lane(place);
    const double left = lane.left() + xOf(scene, piece.begin);
    const double right = lane.left() + xOf(scene, piece.end);
    return {left, lane.top(), std::max(1.0, right - left), lane.height()};
}

TimelinePainter::TimelinePainter(bool dark, const QFont& font, double pixelRatio)
    : ink_(inkFor(dark)), font_(font), pixelRatio_(pixelRatio), memory_(dark, font, pixelRatio) {
    font_.setPixelSize(scaled(smallText));
    const auto set = [&](Tint tint, const QColor& colour) {
        tints_[static_cast<std::size_t>(tint)] = colour;
    };
    const QColor transfer = colourOf(spanLook.transfer, dark);
    set(Tint::Attention, colourOf(spanLook.attention, dark));
    set(Tint::Compute, colourOf(spanLook.compute, dark));
    set(Tint::Copy, colourOf(spanLook.copy, dark));
    set(Tint::Host, colourOf(spanLook.host, dark));
    set(Tint::Transfer, transfer);
    set(Tint::Wait, mixed(ink_.panel, transfer, 0.25));
    set(Tint::Unpaired, mixed(ink_.panel, transfer, 0.55));
    set(Tint::Exposed, ink_.bad);
    hatch_ = hatchOf(mixed(ink_.panel, transfer, 0.85), pixelRatio);
}

double TimelinePainter::snapped(double x) const {
    return std::round(x * pixelRatio_) / pixelRatio_;
}

void TimelinePainter::fillWait(QPainter& painter, const QRectF& box) const {
    painter.fillRect(box, tint(Tint::Wait));
    painter.fillRect(box, hatch_);
}

void TimelinePainter::paint(QPainter& painter, const TimelineScene& scene) {
    painter.setFont(font_);
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
    if (scene.hovered) paintOutline(painter, scene, *scene.hovered, ink_.muted);
    if (scene.current) paintOutline(painter, scene, *scene.current, ink_.text);
    painter.restore();
    paintRuler(painter, scene);
    paintMinimap(painter, scene);
    paintSelection(painter, scene);
}

void TimelinePainter::paintGutter(QPainter& painter, const TimelineScene& scene,
                                  std::size_t row) const {
    const QRectF work = scene.layout.lane({row, LaneKind::Work});
    const QRectF messages = scene.layout.lane({row, LaneKind::Messages});
    const double width = scene.layout.gutter() - scaled(8);
    const auto label = [&](const QRectF& lane, Qt::Alignment side, const QString& words) {
        painter.drawText(QRectF(0, lane.top(), width, lane.height()), side | Qt::AlignVCenter,
                         words);
    };
    QFont bold = font_;
    bold.setWeight(QFont::DemiBold);
    painter.setPen(ink_.text);
    painter.setFont(bold);
    label(work, Qt::AlignLeft, QObject::tr("rank %1").arg(scene.trace->rows[row].rank));
    painter.setFont(font_);
    painter.setPen(ink_.muted);
    label(work, Qt::AlignRight, QObject::tr("work"));
    label(messages, Qt::AlignRight, QObject::tr("messages"));
    if (scene.layout.lanes() < 3) return;
    const QRectF memory = scene.layout.lane({row, LaneKind::Memory});
    label(memory, Qt::AlignRight, QObject::tr("memory"));
    // The scale, where it does not touch the name.
    const double line = QFontMetricsF(font_).height();
    if (memory.height() >= 3 * line)
        label({memory.left(), memory.top(), memory.width(), line}, Qt::AlignRight,
              bytesText(scene.trace->mostMemory));
}

void TimelinePainter::paintRow(QPainter& painter, const TimelineScene& scene, std::size_t row) {
    const QRectF box = scene.layout.row(row);
    for (LaneKind kind : {LaneKind::Work, LaneKind::Messages})
        painter.fillRect(scene.layout.lane({row, kind}), ink_.panel);
    for (LaneKind kind : {LaneKind::Work, LaneKind::Messages})
        paintLane(painter, scene, {row, kind});
    paintExposed(painter, scene, row);
    if (scene.layout.lanes() == 3) paintMemory(painter, scene, row);
    for (const StepMark& mark : scene.trace->rows[row].steps) {
        const double x = box.left() + xOf(scene, mark.begin);
        if (x < box.left() || x > box.right()) continue;
        painter.fillRect(QRectF(snapped(x), box.top(), 1, box.height()), ink_.muted);
    }
}

TimelinePainter::Run TimelinePainter::runOf(const Stroke& stroke, double left, double right,
                                            double nsPerPixel) const {
    int tints = 0;
    double total = 0;
    double red = 0;
    double green = 0;
    double blue = 0;
    for (std::size_t t = 0; t < tintCount; ++t) {
        const auto share = static_cast<double>(stroke.shares[t]);
        if (share == 0) continue;
        ++tints;
        total += share;
        red += share * tints_[t].red();
        green += share * tints_[t].green();
        blue += share * tints_[t].blue();
    }
    const QColor colour(static_cast<int>(red / total), static_cast<int>(green / total),
                        static_cast<int>(blue / total));
    const double cover = std::clamp(total / nsPerPixel, faintest, 1.0);
    const auto wait = static_cast<double>(stroke.shares[static_cast<std::size_t>(Tint::Wait)]);
    const QRgb shown = mixed(ink_.panel, colour, cover).rgb();
    return {left, right, tints == 1 && cover == 1 ? shown : shown & levels, wait * 2 > total};
}

void TimelinePainter::flush(QPainter& painter, const Run& run, const QRectF& lane) const {
    if (run.right <= run.left) return;
    const QRectF box(run.left, lane.top(), run.right - run.left, lane.height());
    painter.fillRect(box, QColor(run.colour));
    if (run.wait) painter.fillRect(box, hatch_);
}

void TimelinePainter::paintLane(QPainter& painter, const TimelineScene& scene,
                                const LanePlace& place) {
    const QRectF lane = scene.layout.lane(place);
    const Lane& pieces = laneOf(*scene.trace, place);
    const double pixel = 1 / pixelRatio_;
    const double nsPerPixel = scene.view.nsPerPixel() * pixel;
    pieces.visible(scene.trace->inTrace(scene.view.from(), scene.view.to()), nsPerPixel, strokes_);

    Run run;
    for (const Stroke& stroke : strokes_) {
        const Piece& first = pieces.pieces()[stroke.first];
        const double left = std::max(lane.left(), snapped(lane.left() + xOf(scene, stroke.begin)));
        double right = std::min(lane.right(), snapped(lane.left() + xOf(scene, stroke.end)));
        right = std::max(right, left + pixel);
        if (stroke.pieces == 1 && right - left >= 3) {
            flush(painter, std::exchange(run, {}), lane);
            paintPiece(painter, scene, place, first,
                       QRectF(left, lane.top(), right - left, lane.height()));
            continue;
        }
        Run next = runOf(stroke, std::max(left, run.right), right, nsPerPixel);
        if (next.right <= next.left) continue;
        if (next.colour == run.colour && next.wait == run.wait && next.left <= run.right) {
            run.right = next.right;
        } else {
            flush(painter, run, lane);
            run = next;
        }
    }
    flush(painter, run, lane);
}

void TimelinePainter::paintPiece(QPainter& painter, const TimelineScene& scene,
                                 const LanePlace& place, const Piece& piece,
                                 const QRectF& box) const {
    const double gap = box.width() > 6 ? 1 : 0;  // neighbours stay two
    const QRectF body = box.adjusted(0, 0, -gap, 0);
    if (piece.tint == Tint::Wait) {
        fillWait(painter, body);
    } else {
        painter.fillRect(body, tint(piece.tint));
    }
    if (piece.span == noSpan || body.width() < scaled(18)) return;
    const QFontMetricsF metrics(font_);
    if (metrics.height() > body.height()) return;
    for (const QString& label : labelsOf(*scene.trace, place.row, piece.span)) {
        const double width = metrics.horizontalAdvance(label);
        if (width + scaled(roomForLabel) > body.width()) continue;
        const QRectF words(body.left() + scaled(roomForLabel) / 2.0, body.top(), width + 2,
                           body.height());
        if (piece.tint == Tint::Wait) {
            painter.fillRect(QRectF(words.left() - 2, words.center().y() - metrics.height() / 2,
                                    width + 4, metrics.height()),
                             tint(Tint::Wait));
            painter.setPen(ink_.text);
        } else {
            painter.setPen(textOn(tint(piece.tint)));
        }
        painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, label);
        return;
    }
}

// Two pixels along the lower edge of the messages.
void TimelinePainter::paintExposed(QPainter& painter, const TimelineScene& scene, std::size_t row) {
    const QRectF lane = scene.layout.lane({row, LaneKind::Messages});
    const QRectF edge(lane.left(), lane.bottom() - scaled(2), lane.width(), scaled(2));
    const double pixel = 1 / pixelRatio_;
    const double nsPerPixel = scene.view.nsPerPixel() * pixel;
    scene.trace->rows[row].exposed.visible(scene.trace->inTrace(scene.view.from(), scene.view.to()),
                                           nsPerPixel, strokes_);
    Run run;
    for (const Stroke& stroke : strokes_) {
        const double left = std::max(lane.left(), snapped(lane.left() + xOf(scene, stroke.begin)));
        double right = std::min(lane.right(), snapped(lane.left() + xOf(scene, stroke.end)));
        right = std::max(right, left + pixel);
        Run next = runOf(stroke, std::max(left, run.right), right, nsPerPixel);
        if (next.right <= next.left) continue;
        if (next.colour == run.colour && next.left <= run.right) {
            run.right = next.right;
        } else {
            flush(painter, run, edge);
            run = next;
        }
    }
    flush(painter, run, edge);
}

void TimelinePainter::paintOutline(QPainter& painter, const TimelineScene& scene, const PieceAt& at,
                                   const QColor& colour) const {
    if (at.place.lane == LaneKind::Memory) return;  // has its own mark
    const Lane& lane = laneOf(*scene.trace, at.place);
    if (at.piece >= lane.pieces().size()) return;
    const QRectF box = boxOf(scene, at.place, lane.pieces()[at.piece]);
    const QRectF sight = scene.layout.lane(at.place);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, scaled(2)));
    painter.drawRect(box.intersected(sight).adjusted(-1, 0, 0, 0));
}

void TimelinePainter::paintMemory(QPainter& painter, const TimelineScene& scene, std::size_t row) {
    const LanePlace place{row, LaneKind::Memory};
    const auto momentOf = [&](const std::optional<PieceAt>& at) {
        return at && at->place == place ? std::optional(at->piece) : std::nullopt;
    };
    memory_.paint(painter, {.trace = scene.trace,
                            .row = row,
                            .view = scene.view,
                            .lane = scene.layout.lane(place),
                            .hovered = momentOf(scene.hovered),
                            .current = momentOf(scene.current)});
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
         scene.trace->rows.empty() ? std::vector<StepMark>{} : scene.trace->rows.front().steps) {
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
        painter.fillRect(QRectF(c, size.height() - up, 1, up), tint(Tint::Attention));
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
