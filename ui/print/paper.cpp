#include "ui/print/paper.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"

#include <QFontMetricsF>
#include <QMarginsF>
#include <QPageSize>

namespace ringscope::ui {
namespace {

constexpr int unitsAPoint = 10;  // sizes of fonts are whole numbers of the device's units
constexpr double footerSize = 7;

QColor ink(const ColourPair& colour) { return colourOf(colour, false); }

QRectF ofPoints(const QRectF& at) {
    return {at.x() * unitsAPoint, at.y() * unitsAPoint, at.width() * unitsAPoint,
            at.height() * unitsAPoint};
}

}  // namespace

Paper::Paper(QIODevice* device, const QString& title, int pages)
    : writer_(device), title_(title), pages_(pages) {
    writer_.setTitle(title);
    writer_.setCreator(QStringLiteral("Ringscope"));
    writer_.setResolution(72 * unitsAPoint);
    writer_.setPageSize(QPageSize(QPageSize::A4));
    writer_.setPageMargins(QMarginsF());
    painter_.begin(&writer_);
}

Paper::~Paper() { finishPage(); }

void Paper::finishPage() {
    TextStyle style{.size = footerSize, .colour = look.mutedText};
    const QRectF at(margin, bottom + 6, width, 12);
    painter_.save();
    drawLine(at, title_, style);
    style.align = Qt::AlignRight;
    draw(at, pages_ > 0 ? QStringLiteral("%1 / %2").arg(page_).arg(pages_) : QString::number(page_),
         style);
    painter_.restore();
}

bool Paper::need(double height) {
    if (y_ + height <= bottom || y_ <= margin) return false;
    finishPage();
    writer_.newPage();
    ++page_;
    y_ = margin;
    return true;
}

QFont Paper::fontOf(const TextStyle& style) const {
    QFont font(style.fixed ? QStringLiteral("monospace") : QStringLiteral("sans-serif"));
    font.setStyleHint(style.fixed ? QFont::Monospace : QFont::SansSerif);
    font.setPixelSize(qRound(style.size * unitsAPoint));
    font.setBold(style.bold);
    return font;
}

double Paper::heightOf(const QString& words, const TextStyle& style, double within) const {
    const QFontMetricsF metrics(fontOf(style), const_cast<QPdfWriter*>(&writer_));
    const QRectF room(0, 0, within * unitsAPoint, 1e7);
    return metrics.boundingRect(room, Qt::TextWrapAnywhere | Qt::TextWordWrap, words).height() /
           unitsAPoint;
}

double Paper::widthOf(const QString& words, const TextStyle& style) const {
    const QFontMetricsF metrics(fontOf(style), const_cast<QPdfWriter*>(&writer_));
    return metrics.horizontalAdvance(words) / unitsAPoint;
}

void Paper::draw(const QRectF& at, const QString& words, const TextStyle& style) {
    painter_.setFont(fontOf(style));
    painter_.setPen(ink(style.colour));
    QTextOption option(style.align | Qt::AlignTop);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    painter_.drawText(ofPoints(at), words, option);
    placed_.push_back({page_, at, words, style});
}

void Paper::drawLine(const QRectF& at, const QString& words, const TextStyle& style) {
    const QFontMetricsF metrics(fontOf(style), &writer_);
    draw(at, metrics.elidedText(words.simplified(), Qt::ElideRight, at.width() * unitsAPoint),
         style);
}

void Paper::fill(const QRectF& at, const ColourPair& colour) {
    painter_.fillRect(ofPoints(at), ink(colour));
}

void Paper::fillShape(const QRectF& at, const std::vector<ShapePoint>& shape,
                      const ColourPair& colour) {
    QPolygonF outline;
    for (const ShapePoint& point : shape)
        outline << QPointF(at.left() + at.width() * point.across,
                           at.top() + at.height() * point.down) *
                       unitsAPoint;
    painter_.setPen(Qt::NoPen);
    painter_.setBrush(ink(colour));
    painter_.drawPolygon(outline);
}

void Paper::hatch(const QRectF& at) {
    painter_.save();
    painter_.setClipRect(ofPoints(at));
    painter_.setPen(QPen(ink(look.background), 1.6 * unitsAPoint));
    for (double x = at.left() - at.height(); x < at.right(); x += 3.6)
        painter_.drawLine(QPointF(x, at.bottom()) * unitsAPoint,
                          QPointF(x + at.height(), at.top()) * unitsAPoint);
    painter_.restore();
}

void Paper::outline(const QRectF& at, const ColourPair& colour) {
    painter_.setPen(QPen(ink(colour), 0.5 * unitsAPoint));
    painter_.setBrush(Qt::NoBrush);
    painter_.drawRect(ofPoints(at));
}

void Paper::line(QPointF from, QPointF to, const ColourPair& colour, double thick,
                 Qt::PenStyle style) {
    painter_.setPen(QPen(ink(colour), thick * unitsAPoint, style));
    painter_.drawLine(from * unitsAPoint, to * unitsAPoint);
}

void Paper::mark(std::string_view mode, const QRectF& box) {
    const ModeLook& row = modeLook(mode);
    paintMarker(painter_, row.marker, ofPoints(box), ink(row.colour));
}

void Paper::write(const QString& words, const TextStyle& style) {
    const double height = heightOf(words, style, width);
    need(height);
    draw({margin, y_, width, height}, words, style);
    skip(height);
}

}  // namespace ringscope::ui
