#include "ui/timeline/span_painter.h"

#include "ui/timeline/span_words.h"

#include <QPainter>
#include <QPixmap>
#include <algorithm>
#include <cmath>
#include <utility>

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

}  // namespace

SpanPainter::SpanPainter(bool dark, const QFont& font, double pixelRatio)
    : ink_(inkFor(dark)), font_(font), pixelRatio_(pixelRatio) {
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

double SpanPainter::snapped(double x) const { return std::round(x * pixelRatio_) / pixelRatio_; }

void SpanPainter::fillWait(QPainter& painter, const QRectF& box) const {
    painter.fillRect(box, tint(Tint::Wait));
    painter.fillRect(box, hatch_);
}

SpanPainter::Run SpanPainter::runOf(const Stroke& stroke, double left, double right,
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

void SpanPainter::flush(QPainter& painter, const Run& run, const QRectF& box) const {
    if (run.right <= run.left) return;
    const QRectF filled(run.left, box.top(), run.right - run.left, box.height());
    painter.fillRect(filled, QColor(run.colour));
    if (run.wait) painter.fillRect(filled, hatch_);
}

template <typename PaintWide>
void SpanPainter::paintStrokes(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                               const LaneSight& sight, const PaintWide& paintWide) {
    const QRectF& box = sight.box;
    const double pixel = 1 / pixelRatio_;
    const double nsPerPixel = sight.view.nsPerPixel() * pixel;
    lane.visible(trace.inTrace(sight.view.from(), sight.view.to()), nsPerPixel, strokes_);

    Run run;
    for (const Stroke& stroke : strokes_) {
        const double left = std::max(box.left(), snapped(sight.x(trace.inView({stroke.begin}))));
        double right = std::min(box.right(), snapped(sight.x(trace.inView({stroke.end}))));
        right = std::max(right, left + pixel);
        if (stroke.pieces == 1 && right - left >= 3) {
            flush(painter, std::exchange(run, {}), box);
            paintWide(lane.pieces()[stroke.first],
                      QRectF(left, box.top(), right - left, box.height()));
            continue;
        }
        const Run next = runOf(stroke, std::max(left, run.right), right, nsPerPixel);
        if (next.right <= next.left) continue;
        if (next.colour == run.colour && next.wait == run.wait && next.left <= run.right) {
            run.right = next.right;
        } else {
            flush(painter, run, box);
            run = next;
        }
    }
    flush(painter, run, box);
}

void SpanPainter::paintPieces(QPainter& painter, const OpenedTrace& trace, std::size_t row,
                              const Lane& lane, const LaneSight& sight) {
    painter.setFont(font_);
    painter.fillRect(sight.box, ink_.panel);
    paintStrokes(painter, trace, lane, sight, [&](const Piece& piece, const QRectF& box) {
        paintPiece(painter, trace, row, piece, box);
    });
}

void SpanPainter::paintUnderline(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                                 const LaneSight& sight) {
    LaneSight edge = sight;
    edge.box.setTop(sight.box.bottom() - scaled(2));
    paintStrokes(painter, trace, lane, edge, [&](const Piece& piece, const QRectF& box) {
        painter.fillRect(box, tint(piece.tint));
    });
}

void SpanPainter::paintPiece(QPainter& painter, const OpenedTrace& trace, std::size_t row,
                             const Piece& piece, const QRectF& box) const {
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
    for (const QString& label : labelsOf(trace, row, piece.span)) {
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

void SpanPainter::paintPredicted(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                                 std::int64_t later, const LaneSight& sight) {
    TraceStretch shown = trace.inTrace(sight.view.from(), sight.view.to());
    shown.from -= static_cast<double>(later);
    shown.to -= static_cast<double>(later);
    lane.visible(shown, sight.view.nsPerPixel() / pixelRatio_, strokes_);
    for (const Stroke& stroke : strokes_) {
        const double left = snapped(sight.x(trace.inView({stroke.begin + later})));
        const double right = snapped(sight.x(trace.inView({stroke.end + later})));
        if (stroke.pieces == 1 && right - left >= 3)
            outlinePredicted(painter,
                             {left, sight.box.top(), right - left, sight.box.height() - 1});
    }
}

void SpanPainter::outlinePredicted(QPainter& painter, const QRectF& box) const {
    QColor colour = ink_.text;
    colour.setAlphaF(0.5F);
    painter.save();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, 1));
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
    painter.restore();
}

void SpanPainter::paintOutline(QPainter& painter, const QRectF& box, const QColor& colour) const {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, scaled(2)));
    painter.drawRect(box.adjusted(-1, 0, 0, 0));
}

}  // namespace ringscope::ui
