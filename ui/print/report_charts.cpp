#include "ui/print/report_charts.h"

#include "backend/core/rounded.h"
#include "backend/core/ticks.h"
#include "backend/core/units.h"
#include "backend/report/wording.h"
#include "ui/widgets/parts.h"

#include <QLineF>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

using reporting::StripCell;
using reporting::StripKind;
using reporting::StripRow;
using reporting::StripTable;

constexpr double padding = 8;
constexpr double rowHeight = 13;
constexpr double barHeight = 8;
constexpr double markSize = 7;
constexpr double titleHeight = 12;
constexpr double plotHeight = 120;
constexpr double squareSide = 22;  // of a schedule
constexpr double squareGap = 4;
constexpr std::size_t mostRows = 48;  // of a card: it fits onto a page

const TextStyle plain{.size = 7.5};
const TextStyle muted{.size = 7, .colour = look.mutedText};
const TextStyle strong{.size = 8, .bold = true};

TextStyle rightOf(TextStyle style) {
    style.align = Qt::AlignRight;
    return style;
}

// Of a card's inside, its place within the card.
QRectF inside(const QRectF& card) { return card.adjusted(padding, padding, -padding, -padding); }

double indentOf(std::string_view mode) { return mode.empty() ? 0 : markSize + 4; }

void drawLabel(Paper& paper, std::string_view mode, const std::string& label, const QRectF& at) {
    if (!mode.empty())
        paper.mark(mode, {at.left(), at.top() + (at.height() - markSize) / 2, markSize, markSize});
    paper.drawLine(at.adjusted(indentOf(mode), 1.5, 0, 0), text(label), plain);
}

// How a row of a chart is divided: a label, what is drawn, a figure.
struct RowParts {
    double label = 0;
    double figure = 0;
};

// Widens the parts to what this row needs, within their shares of the row.
void widen(RowParts& parts, const Paper& paper, std::string_view mode, const std::string& label,
           const std::string& figure, double row) {
    constexpr double gap = 6;
    TextStyle bold = plain;
    bold.bold = true;
    constexpr double mostOfLabel = 0.35;
    constexpr double mostOfFigure = 0.6;
    parts.label = std::max(
        parts.label,
        std::min(row * mostOfLabel, indentOf(mode) + paper.widthOf(text(label), plain) + gap));
    parts.figure = std::max(parts.figure,
                            std::min(row * mostOfFigure, paper.widthOf(text(figure), bold) + gap));
}

// --- bars ----------------------------------------------------------------------------------------

bool isDrawn(const reporting::Bar& bar) {
    return bar.value && std::isfinite(*bar.value) && *bar.value >= 0;
}

double longestBar(const reporting::BarChart& chart) {
    double longest = 0;
    for (const reporting::BarGroup& group : chart.groups)
        for (const reporting::Bar& bar : group.bars)
            if (isDrawn(bar))
                longest = std::max({longest, *bar.value, bar.high, bar.predicted.value_or(0)});
    return longest;
}

void drawBar(Paper& paper, const reporting::Bar& bar, const std::optional<double>& baseline,
             const QRectF& row, double longest, const RowParts& parts) {
    drawLabel(paper, bar.mode, bar.label, {row.left(), row.top(), parts.label - 4, row.height()});
    const QRectF track(row.left() + parts.label, row.top() + (row.height() - barHeight) / 2,
                       row.width() - parts.label - parts.figure, barHeight);
    if (!isDrawn(bar)) {
        TextStyle style = plain;
        style.colour = look.bad;
        paper.drawLine({track.left(), row.top() + 1.5, row.right() - track.left(), row.height()},
                       text(bar.words), style);
        return;
    }
    const auto at = [&](double value) {
        return track.left() + (longest > 0 ? track.width() * value / longest : 0);
    };
    QRectF filled = track;
    filled.setRight(at(*bar.value));
    paper.fill(filled, modeLook(bar.mode).colour);
    if (modeLook(bar.mode).stroke != ringscope::Stroke::Solid) paper.hatch(filled);
    if (bar.predicted) {
        QRectF outline = track.adjusted(0, -1.5, 0, 1.5);
        outline.setRight(at(*bar.predicted));
        paper.outline(outline, look.mutedText);
    }
    if (bar.low < bar.high) {
        const double middle = track.center().y();
        paper.line({at(bar.low), middle}, {at(bar.high), middle}, look.text, 0.8);
        for (const double end : {at(bar.low), at(bar.high)})
            paper.line({end, middle - 2.5}, {end, middle + 2.5}, look.text, 0.8);
    }
    if (baseline)
        paper.line({at(*baseline), row.top()}, {at(*baseline), row.bottom()}, look.mutedText, 0.6,
                   Qt::DashLine);
    TextStyle style = rightOf(plain);
    style.bold = true;
    paper.draw({row.right() - parts.figure + 4, row.top() + 1.5, parts.figure - 4, row.height()},
               text(bar.words), style);
}

double heightOf(const reporting::BarGroup& group) {
    return (group.title.empty() ? 0 : titleHeight) +
           static_cast<double>(group.bars.size()) * rowHeight;
}

// From the top of `at`.
void drawGroup(Paper& paper, const reporting::BarGroup& group, const QRectF& at, double longest,
               const RowParts& parts) {
    double y = at.top();
    if (!group.title.empty()) {
        paper.drawLine({at.left(), y + 1, at.width(), titleHeight - 1}, text(group.title), muted);
        y += titleHeight;
    }
    for (const reporting::Bar& bar : group.bars) {
        drawBar(paper, bar, group.baseline, {at.left(), y, at.width(), rowHeight}, longest, parts);
        y += rowHeight;
    }
}

// So many bars, with the titles of their groups, that a card fits onto a page.
std::vector<std::vector<reporting::BarGroup>> partsOf(const reporting::BarChart& chart) {
    std::vector<std::vector<reporting::BarGroup>> parts(1);
    std::size_t rows = 0;
    for (const reporting::BarGroup& group : chart.groups) {
        const auto begin = [&] { parts.back().push_back({group.title, {}, group.baseline}); };
        if (rows + 2 > mostRows) parts.emplace_back(), rows = 0;
        begin();
        ++rows;
        for (const reporting::Bar& bar : group.bars) {
            if (rows == mostRows) {
                parts.emplace_back();
                begin();
                rows = 1;
            }
            parts.back().back().bars.push_back(bar);
            ++rows;
        }
    }
    return parts;
}

QString captionOf(const reporting::GlanceChart& chart) {
    return text(chart.title) + QStringLiteral("  ") + text(chart.caption);
}

// --- lines ---------------------------------------------------------------------------------------

struct Axis {
    double low = 0;
    double high = 1;
    bool logarithmic = false;

    double share(double value) const {
        if (logarithmic) return std::log(value / low) / std::log(high / low);
        return (value - low) / (high - low);
    }
    std::vector<double> ticks() const {
        return logarithmic ? logTicks(low, high) : roundTicks(low, high, 5);
    }
};

Axis axisOf(const std::vector<double>& values, bool logarithmic) {
    Axis axis{0, 1, logarithmic};
    if (logarithmic) axis.low = 1, axis.high = 10;
    bool any = false;
    for (const double value : values) {
        if (!std::isfinite(value) || (logarithmic && value <= 0)) continue;
        axis.low = any ? std::min(axis.low, value) : value;
        axis.high = any ? std::max(axis.high, value) : value;
        any = true;
    }
    if (logarithmic) {
        axis.low /= axis.low == axis.high ? 2 : 1.1;
        axis.high *= 1.1;
    } else if (!(axis.low < axis.high)) {
        axis.high = axis.low + 1;
    }
    return axis;
}

QString tickWords(double value) { return text(formatRounded(value, 4)); }

struct PlottedLine {
    std::string mode;
    std::vector<QPointF> points;  // of the axes
    std::vector<QLineF> intervals{};
};

Qt::PenStyle penOf(ringscope::Stroke stroke) {
    switch (stroke) {
        case ringscope::Stroke::Dashed:
            return Qt::DashLine;
        case ringscope::Stroke::Dotted:
            return Qt::DotLine;
        case ringscope::Stroke::DashDot:
            return Qt::DashDotLine;
        case ringscope::Stroke::Solid:
            break;
    }
    return Qt::SolidLine;
}

void drawPlot(Paper& paper, const QRectF& at, const std::vector<PlottedLine>& lines,
              bool logarithmic, const std::string& xLabel, const std::vector<double>& cuts = {}) {
    std::vector<double> xs;
    std::vector<double> ys;
    for (const PlottedLine& line : lines)
        for (const QPointF& point : line.points) {
            xs.push_back(point.x());
            ys.push_back(point.y());
        }
    for (const PlottedLine& line : lines)
        for (const QLineF& interval : line.intervals) {
            ys.push_back(interval.y1());
            ys.push_back(interval.y2());
        }
    const Axis x = axisOf(xs, logarithmic);
    const Axis y = axisOf(ys, logarithmic);
    const QRectF plot = at.adjusted(40, 4, -6, -24);
    const auto across = [&](double value) { return plot.left() + plot.width() * x.share(value); };
    const auto down = [&](double value) { return plot.bottom() - plot.height() * y.share(value); };
    for (const double tick : y.ticks()) {
        paper.line({plot.left(), down(tick)}, {plot.right(), down(tick)}, look.line);
        paper.draw({at.left(), down(tick) - 5, 36, 10}, tickWords(tick), rightOf(muted));
    }
    for (const double cut : cuts)
        paper.line({across(cut), plot.top()}, {across(cut), plot.bottom()}, look.line, 0.8,
                   Qt::DotLine);
    std::ranges::sort(xs);
    xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
    double free = at.left();
    for (const double place : logarithmic ? xs : x.ticks()) {
        const double middle = across(place);
        const double half = paper.widthOf(tickWords(place), muted) / 2;
        if (middle - half < free) continue;
        paper.draw({middle - half, plot.bottom() + 3, 2 * half + 1, 10}, tickWords(place), muted);
        free = middle + half + 4;
    }
    paper.draw({plot.left(), plot.bottom() + 13, plot.width(), 10}, text(xLabel), rightOf(muted));
    for (const PlottedLine& line : lines) {
        const ModeLook& look = modeLook(line.mode);
        for (std::size_t i = 1; i < line.points.size(); ++i)
            paper.line({across(line.points[i - 1].x()), down(line.points[i - 1].y())},
                       {across(line.points[i].x()), down(line.points[i].y())}, look.colour, 1.2,
                       penOf(look.stroke));
        for (const QLineF& interval : line.intervals)
            paper.line({across(interval.x1()), down(interval.y1())},
                       {across(interval.x2()), down(interval.y2())}, ringscope::look.text, 0.8);
        for (const QPointF& point : line.points)
            paper.mark(line.mode, {across(point.x()) - 2.5, down(point.y()) - 2.5, 5, 5});
    }
}

// Where each name of a legend stands, its mark before it, from the top left.
std::vector<QRectF> placesOf(const Paper& paper, const std::vector<std::string>& names,
                             double within) {
    std::vector<QRectF> places;
    QPointF next;
    for (const std::string& name : names) {
        const double wide =
            std::min(within, markSize + 4 + paper.widthOf(text(name), plain) + cardGap);
        if (next.x() + wide > within) next = {0, next.y() + rowHeight};
        places.emplace_back(next.x(), next.y(), wide, rowHeight);
        next.rx() += wide;
    }
    return places;
}

std::vector<std::string> labelsOf(const std::vector<LineName>& names) {
    std::vector<std::string> labels;
    for (const LineName& name : names) labels.push_back(name.label);
    return labels;
}

void drawNames(Paper& paper, const QRectF& at, const std::vector<LineName>& names) {
    const std::vector<QRectF> places = placesOf(paper, labelsOf(names), at.width());
    for (std::size_t i = 0; i < names.size(); ++i)
        drawLabel(paper, names[i].mode, names[i].label, places[i].translated(at.topLeft()));
}

std::vector<StripKind> named(const std::vector<StripKind>& kinds) {
    std::vector<StripKind> found;
    for (const StripKind& kind : kinds)
        if (!kind.name.empty()) found.push_back(kind);
    return found;
}

std::vector<QRectF> placesOf(const Paper& paper, const std::vector<StripKind>& kinds) {
    std::vector<std::string> names;
    for (const StripKind& kind : kinds) names.emplace_back(kind.name);
    return placesOf(paper, names, Paper::width);
}

double heightOf(const std::vector<QRectF>& places) {
    return places.empty() ? 0 : places.back().bottom();
}

constexpr double belowLegend = 2;

// --- strips --------------------------------------------------------------------------------------

void drawStrip(Paper& paper, const StripCell& cell, const std::vector<StripKind>& kinds,
               double longest, const QRectF& at) {
    paper.fill(at, look.panel);
    double x = at.left();
    for (std::size_t i = 0; i < kinds.size() && longest > 0; ++i) {
        const QRectF part(x, at.top(), at.width() * cell.parts[i] / longest, at.height());
        if (part.width() <= 0) continue;
        paper.fill(part, kinds[i].colour);
        if (kinds[i].hatched) paper.hatch(part);
        x = part.right();
    }
}

double heightOf(const StripTable& table) {
    return (table.columns.empty() ? 0 : rowHeight) +
           static_cast<double>(table.rows.size()) * rowHeight;
}

void drawStrips(Paper& paper, const StripTable& table, const std::vector<StripKind>& kinds,
                double longest, const QRectF& at, const RowParts& parts) {
    double y = at.top();
    const std::size_t cells = table.rows.empty() ? 0 : table.rows.front().cells.size();
    const double cellWidth = (at.width() - parts.label - parts.figure) /
                             static_cast<double>(std::max<std::size_t>(1, cells + table.room));
    const auto cellAt = [&](std::size_t column) {
        return at.left() + parts.label + static_cast<double>(column) * cellWidth;
    };
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        paper.draw({cellAt(i), y + 2, cellWidth, rowHeight}, text(table.columns[i]), muted);
    if (!table.columns.empty()) y += rowHeight;
    for (const StripRow& row : table.rows) {
        drawLabel(paper, row.mode, row.label, {at.left(), y, parts.label - 4, rowHeight});
        for (std::size_t i = 0; i < row.cells.size(); ++i)
            drawStrip(paper, row.cells[i], kinds, longest,
                      {cellAt(i), y + (rowHeight - barHeight) / 2, cellWidth - 3, barHeight});
        if (!row.words.empty())
            paper.draw({at.right() - parts.figure + 4, y + 1.5, parts.figure - 4, rowHeight},
                       text(row.words), rightOf(plain));
        y += rowHeight;
    }
}

}  // namespace

std::vector<PrintedCard> barCards(const Paper& paper, const reporting::GlanceChart& chart,
                                  double within) {
    const double row = within - 2 * padding;
    const double caption = paper.heightOf(captionOf(chart), muted, row) + 4;
    const double longest = longestBar(chart.bars);
    RowParts parts;
    for (const reporting::BarGroup& group : chart.bars.groups)
        for (const reporting::Bar& bar : group.bars)
            widen(parts, paper, bar.mode, bar.label, isDrawn(bar) ? bar.words : std::string(), row);
    std::vector<PrintedCard> cards;
    for (std::vector<reporting::BarGroup>& groups : partsOf(chart.bars)) {
        double height = 2 * padding + caption;
        for (const reporting::BarGroup& group : groups) height += heightOf(group);
        cards.push_back(
            {height, [&chart, groups = std::move(groups), caption, longest, parts](
                         Paper& onto, const QRectF& card) {
                 const QRectF area = inside(card);
                 onto.draw({area.left(), area.top(), area.width(), caption}, captionOf(chart),
                           muted);
                 double y = area.top() + caption;
                 for (const reporting::BarGroup& group : groups) {
                     drawGroup(onto, group, {area.left(), y, area.width(), 0}, longest, parts);
                     y += heightOf(group);
                 }
             }});
    }
    return cards;
}

PrintedCard curveCard(const reporting::CurveChart& chart) {
    return {2 * padding + titleHeight + plotHeight, [&chart](Paper& onto, const QRectF& card) {
                const QRectF area = inside(card);
                onto.draw({area.left(), area.top(), area.width(), titleHeight}, text(chart.title),
                          strong);
                std::vector<PlottedLine> lines;
                for (const reporting::MeasuredCurve& curve : chart.curves) {
                    PlottedLine line{curve.mode, {}};
                    for (const reporting::MeasuredPoint& point : curve.points)
                        if (point.at > 0 && point.value > 0) {
                            line.points.emplace_back(point.at, point.value);
                            if (point.low > 0 && point.low < point.high)
                                line.intervals.emplace_back(point.at, point.low, point.at,
                                                            point.high);
                        }
                    lines.push_back(std::move(line));
                }
                drawPlot(onto, area.adjusted(0, titleHeight, 0, 0), lines, true, chart.xLabel);
            }};
}

PrintedCard lossCard(const Paper& paper, const reporting::LossChart& chart) {
    const double title = chart.section.empty() ? 0 : titleHeight;
    std::vector<LineName> names;
    for (const reporting::Line& line : chart.lines.lines) names.push_back({line.mode, line.label});
    const double legend = heightOfNames(paper, names, Paper::width - 2 * padding);
    return {2 * padding + title + plotHeight + legend,
            [&chart, title, names = std::move(names), legend](Paper& onto, const QRectF& card) {
                QRectF area = inside(card);
                if (title > 0)
                    onto.drawLine({area.left(), area.top(), area.width(), title},
                                  text(chart.section), strong);
                std::vector<PlottedLine> lines;
                for (const reporting::Line& line : chart.lines.lines) {
                    PlottedLine plotted{line.mode, {}};
                    for (const reporting::Point& point : line.points)
                        if (std::isfinite(point.y)) plotted.points.emplace_back(point.x, point.y);
                    lines.push_back(std::move(plotted));
                }
                drawPlot(onto, area.adjusted(0, title, 0, -legend), lines, false,
                         chart.lines.xLabel, chart.lines.cuts);
                drawNames(onto, {area.left(), area.bottom() - legend, area.width(), legend}, names);
            }};
}

PrintedCard ringCard(const reporting::RingPicture& picture, const reporting::RingSteps& all) {
    double height = 2 * padding + titleHeight;
    for (const reporting::RingTable& pass : picture.passes)
        height += titleHeight + heightOf(pass.strips) + (pass.remark.empty() ? 0 : titleHeight);
    return {
        height, [&picture, &all](Paper& onto, const QRectF& card) {
            const QRectF area = inside(card);
            onto.mark(picture.mode, {area.left(), area.top(), markSize, markSize});
            onto.drawLine({area.left() + markSize + 4, area.top() - 1, area.width() - markSize - 4,
                           titleHeight},
                          text(picture.label), strong);
            double y = area.top() + titleHeight;
            for (const reporting::RingTable& pass : picture.passes) {
                onto.draw({area.left(), y + 1, area.width(), titleHeight},
                          text(spanPassName(pass.pass)), muted);
                y += titleHeight;
                drawStrips(onto, pass.strips, all.kinds, all.longest,
                           {area.left(), y, area.width(), heightOf(pass.strips)}, {.label = 36});
                y += heightOf(pass.strips);
                if (pass.remark.empty()) continue;
                onto.draw({area.left(), y, area.width(), titleHeight}, text(pass.remark), muted);
                y += titleHeight;
            }
        }};
}

std::vector<PrintedCard> memoryCards(const Paper& paper, const reporting::MemoryPicture& picture) {
    const double longest = longestStrip(picture.strips);
    RowParts parts;
    for (const StripRow& row : picture.strips.rows)
        widen(parts, paper, row.mode, row.label, row.words, Paper::width - 2 * padding);
    std::vector<PrintedCard> cards;
    for (std::size_t first = 0; first < picture.strips.rows.size(); first += mostRows) {
        StripTable part = picture.strips;
        const auto begin = part.rows.begin() + static_cast<std::ptrdiff_t>(first);
        const std::size_t count = std::min(mostRows, picture.strips.rows.size() - first);
        part.rows = {begin, begin + static_cast<std::ptrdiff_t>(count)};
        const double height = 2 * padding + heightOf(part);
        cards.push_back({height, [&picture, part = std::move(part), longest, parts](
                                     Paper& onto, const QRectF& card) {
                             drawStrips(onto, part, picture.kinds, longest, inside(card), parts);
                         }});
    }
    return cards;
}

PrintedCard scheduleCard(const reporting::ScheduleDrawing& drawing) {
    const double height = 2 * padding + 2 * titleHeight +
                          static_cast<double>(drawing.ranks.size()) * (squareSide + squareGap) +
                          (drawing.remark.empty() ? 0 : titleHeight);
    return {height, [&drawing](Paper& onto, const QRectF& card) {
                const QRectF area = inside(card);
                onto.mark(drawing.mode, {area.left(), area.top(), markSize, markSize});
                onto.drawLine({area.left() + markSize + 4, area.top() - 1,
                               area.width() - markSize - 4, titleHeight},
                              text(drawing.label), strong);
                const auto place = [&](std::size_t rank, std::size_t step) {
                    return QRectF(
                        area.left() + 36 + static_cast<double>(step) * (squareSide + squareGap),
                        area.top() + 2 * titleHeight +
                            static_cast<double>(rank) * (squareSide + squareGap),
                        squareSide, squareSide);
                };
                for (std::size_t rank = 0; rank < drawing.ranks.size(); ++rank)
                    for (std::size_t step = 0; step < drawing.ranks[rank].size(); ++step) {
                        const QRectF cell = place(rank, step);
                        if (rank == 0)
                            onto.draw({cell.left(), area.top() + titleHeight,
                                       squareSide + squareGap, titleHeight},
                                      QString::number(step), muted);
                        if (step == 0)
                            onto.draw({area.left(), cell.center().y() - 5, 34, 10},
                                      QStringLiteral("rank %1").arg(rank), muted);
                        for (const auto& shape : drawing.ranks[rank][step].filled)
                            onto.fillShape(cell, shape, modeLook(drawing.mode).colour);
                        onto.outline(cell, look.line);
                    }
                if (!drawing.remark.empty())
                    onto.draw({area.left(), area.bottom() - titleHeight, area.width(), titleHeight},
                              text(drawing.remark), muted);
            }};
}

double heightOfLegend(const Paper& paper, const std::vector<StripKind>& kinds) {
    return heightOf(placesOf(paper, named(kinds))) + belowLegend;
}

void writeLegend(Paper& paper, const std::vector<StripKind>& kinds) {
    paper.need(heightOfLegend(paper, kinds));
    const std::vector<StripKind> shown = named(kinds);
    const std::vector<QRectF> places = placesOf(paper, shown);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const QRectF at = places[i].translated(Paper::margin, paper.y());
        const QRectF box(at.left(), at.top() + 2, markSize, markSize);
        paper.fill(box, shown[i].colour);
        if (shown[i].hatched) paper.hatch(box);
        paper.draw(at.adjusted(markSize + 4, 0.5, 0, 0), text(shown[i].name), plain);
    }
    paper.skip(heightOf(places) + belowLegend);
}

double heightOfRow(const std::vector<PrintedCard>& cards, int perRow) {
    double height = 0;
    for (std::size_t i = 0; i < cards.size() && i < static_cast<std::size_t>(perRow); ++i)
        height = std::max(height, cards[i].height);
    return height;
}

void placeCards(Paper& paper, const std::vector<PrintedCard>& cards, int perRow) {
    const double wide = (Paper::width - cardGap * (perRow - 1)) / perRow;
    for (std::size_t first = 0; first < cards.size(); first += static_cast<std::size_t>(perRow)) {
        const std::size_t end = std::min(cards.size(), first + static_cast<std::size_t>(perRow));
        double height = 0;
        for (std::size_t i = first; i < end; ++i) height = std::max(height, cards[i].height);
        paper.need(height);
        for (std::size_t i = first; i < end; ++i) {
            const double x = Paper::margin + static_cast<double>(i - first) * (wide + cardGap);
            const QRectF at(x, paper.y(), wide, height);
            paper.outline(at, look.line);
            cards[i].draw(paper, at);
        }
        paper.skip(height + cardGap);
    }
}

double heightOfNames(const Paper& paper, const std::vector<LineName>& names, double within) {
    return heightOf(placesOf(paper, labelsOf(names), within)) + belowLegend;
}

void writeNames(Paper& paper, const std::vector<LineName>& names) {
    const double height = heightOfNames(paper, names, Paper::width);
    paper.need(height);
    drawNames(paper, {Paper::margin, paper.y(), Paper::width, height}, names);
    paper.skip(height);
}

void placeCard(Paper& paper, const PrintedCard& card) {
    paper.need(card.height);
    const QRectF at(Paper::margin, paper.y(), Paper::width, card.height);
    paper.outline(at, look.line);
    card.draw(paper, at);
    paper.skip(card.height + cardGap);
}

}  // namespace ringscope::ui
