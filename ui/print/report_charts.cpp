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

void drawLabel(Paper& paper, std::string_view mode, const std::string& label, const QRectF& at) {
    double indent = 0;
    if (!mode.empty()) {
        paper.mark(mode, {at.left(), at.top() + (at.height() - markSize) / 2, markSize, markSize});
        indent = markSize + 4;
    }
    const auto fits = static_cast<std::size_t>(std::max(4.0, (at.width() - indent) / 4.2));
    paper.draw(at.adjusted(indent, 1.5, 0, 0), text(reporting::shortened(label, fits)), plain);
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
             const QRectF& row, double longest) {
    const double labels = row.width() * 0.3;
    const double words = row.width() * 0.3;
    drawLabel(paper, bar.mode, bar.label, {row.left(), row.top(), labels - 4, row.height()});
    const QRectF track(row.left() + labels, row.top() + (row.height() - barHeight) / 2,
                       row.width() - labels - words, barHeight);
    if (!isDrawn(bar)) {
        TextStyle style = plain;
        style.colour = look.bad;
        paper.draw({track.left(), row.top() + 1.5, row.right() - track.left(), row.height()},
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
    paper.draw({row.right() - words + 4, row.top() + 1.5, words - 4, row.height()}, text(bar.words),
               style);
}

double heightOf(const reporting::BarGroup& group) {
    return (group.title.empty() ? 0 : titleHeight) +
           static_cast<double>(group.bars.size()) * rowHeight;
}

// From the top of `at`.
void drawGroup(Paper& paper, const reporting::BarGroup& group, const QRectF& at, double longest) {
    double y = at.top();
    if (!group.title.empty()) {
        paper.draw({at.left(), y + 1, at.width(), titleHeight - 1}, text(group.title), muted);
        y += titleHeight;
    }
    for (const reporting::Bar& bar : group.bars) {
        drawBar(paper, bar, group.baseline, {at.left(), y, at.width(), rowHeight}, longest);
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

// Modes and labels in a row, as many as there is room for.
void drawNames(Paper& paper, const QRectF& at,
               const std::vector<std::pair<std::string, std::string>>& names) {
    double x = at.left();
    for (const auto& [mode, label] : names) {
        const QString words = text(reporting::shortened(label, 32));
        const double wide = markSize + 4 + paper.widthOf(words, plain) + 12;
        if (x + wide > at.right()) break;
        paper.mark(mode, {x, at.top() + 2, markSize, markSize});
        paper.draw({x + markSize + 4, at.top(), wide - markSize - 4, rowHeight}, words, plain);
        x += wide;
    }
}

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
                double longest, const QRectF& at, double labels, double words) {
    double y = at.top();
    const std::size_t cells = table.rows.empty() ? 0 : table.rows.front().cells.size();
    const double cellWidth = (at.width() - labels - words) /
                             static_cast<double>(std::max<std::size_t>(1, cells + table.room));
    const auto cellAt = [&](std::size_t column) {
        return at.left() + labels + static_cast<double>(column) * cellWidth;
    };
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        paper.draw({cellAt(i), y + 2, cellWidth, rowHeight}, text(table.columns[i]), muted);
    if (!table.columns.empty()) y += rowHeight;
    for (const StripRow& row : table.rows) {
        drawLabel(paper, row.mode, row.label, {at.left(), y, labels - 4, rowHeight});
        for (std::size_t i = 0; i < row.cells.size(); ++i)
            drawStrip(paper, row.cells[i], kinds, longest,
                      {cellAt(i), y + (rowHeight - barHeight) / 2, cellWidth - 3, barHeight});
        if (!row.words.empty())
            paper.draw({at.right() - words + 4, y + 1.5, words - 4, rowHeight}, text(row.words),
                       rightOf(plain));
        y += rowHeight;
    }
}

}  // namespace

std::vector<PrintedCard> barCards(const Paper& paper, const reporting::GlanceChart& chart,
                                  double within) {
    const double caption = paper.heightOf(captionOf(chart), muted, within - 2 * padding) + 4;
    const double longest = longestBar(chart.bars);
    std::vector<PrintedCard> cards;
    for (std::vector<reporting::BarGroup>& groups : partsOf(chart.bars)) {
        double height = 2 * padding + caption;
        for (const reporting::BarGroup& group : groups) height += heightOf(group);
        cards.push_back({height, [&chart, groups = std::move(groups), caption, longest](
                                     Paper& onto, const QRectF& card) {
                             const QRectF area = inside(card);
                             onto.draw({area.left(), area.top(), area.width(), caption},
                                       captionOf(chart), muted);
                             double y = area.top() + caption;
                             for (const reporting::BarGroup& group : groups) {
                                 drawGroup(onto, group, {area.left(), y, area.width(), 0}, longest);
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

PrintedCard lossCard(const reporting::LossChart& chart) {
    const double title = chart.section.empty() ? 0 : titleHeight;
    return {2 * padding + title + plotHeight + rowHeight,
            [&chart, title](Paper& onto, const QRectF& card) {
                QRectF area = inside(card);
                if (title > 0)
                    onto.draw({area.left(), area.top(), area.width(), title}, text(chart.section),
                              strong);
                std::vector<PlottedLine> lines;
                std::vector<std::pair<std::string, std::string>> names;
                for (const reporting::Line& line : chart.lines.lines) {
                    PlottedLine plotted{line.mode, {}};
                    for (const reporting::Point& point : line.points)
                        if (std::isfinite(point.y)) plotted.points.emplace_back(point.x, point.y);
                    lines.push_back(std::move(plotted));
                    names.emplace_back(line.mode, line.label);
                }
                drawPlot(onto, area.adjusted(0, title, 0, -rowHeight), lines, false,
                         chart.lines.xLabel, chart.lines.cuts);
                drawNames(onto, {area.left(), area.bottom() - rowHeight, area.width(), rowHeight},
                          names);
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
            onto.draw({area.left() + markSize + 4, area.top() - 1, area.width() - markSize - 4,
                       titleHeight},
                      text(reporting::shortened(picture.label, 48)), strong);
            double y = area.top() + titleHeight;
            for (const reporting::RingTable& pass : picture.passes) {
                onto.draw({area.left(), y + 1, area.width(), titleHeight},
                          text(spanPassName(pass.pass)), muted);
                y += titleHeight;
                drawStrips(onto, pass.strips, all.kinds, all.longest,
                           {area.left(), y, area.width(), heightOf(pass.strips)}, 36, 0);
                y += heightOf(pass.strips);
                if (pass.remark.empty()) continue;
                onto.draw({area.left(), y, area.width(), titleHeight}, text(pass.remark), muted);
                y += titleHeight;
            }
        }};
}

std::vector<PrintedCard> memoryCards(const reporting::MemoryPicture& picture) {
    const double longest = longestStrip(picture.strips);
    std::vector<PrintedCard> cards;
    for (std::size_t first = 0; first < picture.strips.rows.size(); first += mostRows) {
        StripTable part = picture.strips;
        const auto begin = part.rows.begin() + static_cast<std::ptrdiff_t>(first);
        const std::size_t count = std::min(mostRows, picture.strips.rows.size() - first);
        part.rows = {begin, begin + static_cast<std::ptrdiff_t>(count)};
        const double height = 2 * padding + heightOf(part);
        cards.push_back(
            {height, [&picture, part = std::move(part), longest](Paper& onto, const QRectF& card) {
                 drawStrips(onto, part, picture.kinds, longest, inside(card), 130, 60);
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
                onto.draw({area.left() + markSize + 4, area.top() - 1, area.width() - markSize - 4,
                           titleHeight},
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

void writeLegend(Paper& paper, const std::vector<StripKind>& kinds) {
    double x = Paper::margin;
    paper.need(rowHeight);
    for (const StripKind& kind : kinds) {
        if (kind.name.empty()) continue;
        const QString words = text(kind.name);
        const double wide = markSize + 4 + paper.widthOf(words, plain) + 12;
        if (x + wide > Paper::margin + Paper::width) {
            paper.skip(rowHeight);
            x = Paper::margin;
        }
        const QRectF box(x, paper.y() + 2, markSize, markSize);
        paper.fill(box, kind.colour);
        if (kind.hatched) paper.hatch(box);
        paper.draw({x + markSize + 4, paper.y() + 0.5, wide - markSize - 4, rowHeight}, words,
                   plain);
        x += wide;
    }
    paper.skip(rowHeight + 2);
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

void writeNames(Paper& paper, const std::vector<std::pair<std::string, std::string>>& names) {
    paper.need(rowHeight);
    drawNames(paper, {Paper::margin, paper.y(), Paper::width, rowHeight}, names);
    paper.skip(rowHeight + 2);
}

void placeCard(Paper& paper, const PrintedCard& card) {
    paper.need(card.height);
    const QRectF at(Paper::margin, paper.y(), Paper::width, card.height);
    paper.outline(at, look.line);
    card.draw(paper, at);
    paper.skip(card.height + cardGap);
}

}  // namespace ringscope::ui
