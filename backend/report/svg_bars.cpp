#include "backend/report/svg_bars.h"

#include "backend/report/svg_marks.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>

namespace ringscope::reporting {
namespace {

constexpr double rowHeight = 24;
constexpr double barHeight = 16;
constexpr double middle = rowHeight / 2;

bool isDrawn(const Bar& bar) { return bar.value && std::isfinite(*bar.value) && *bar.value >= 0; }

double reach(const Bar& bar) {
    if (!isDrawn(bar)) return 0;
    const double predicted = bar.predicted.value_or(0);
    return std::max({*bar.value, bar.high, std::isfinite(predicted) ? predicted : 0.0});
}

// Places along a row, in percent of the longest bar of the chart.
struct Scale {
    double longest = 0;

    std::string operator()(double value) const {
        return coordinate(longest > 0 ? 100 * value / longest : 0) + "%";
    }
};

void drawStroke(Markup& svg, std::string_view style, const std::string& x1, double y1,
                const std::string& x2, double y2) {
    svg.empty("line", {{"class", std::string(style)},
                       {"x1", x1},
                       {"y1", coordinate(y1)},
                       {"x2", x2},
                       {"y2", coordinate(y2)}});
}

void drawInterval(Markup& svg, const Bar& bar, const Scale& at) {
    if (!(bar.low < bar.high)) return;
    const std::string low = at(bar.low);
    const std::string high = at(bar.high);
    for (const char* style : {"interval-halo", "interval"}) {
        drawStroke(svg, style, low, middle, high, middle);
        for (const std::string& end : {low, high})
            drawStroke(svg, style, end, middle - 4, end, middle + 4);
    }
}

void drawPrediction(Markup& svg, const Bar& bar, const Scale& at) {
    if (!bar.predicted || !std::isfinite(*bar.predicted)) return;
    svg.empty("rect", {{"class", "predicted"},
                       {"x", "0"},
                       {"y", coordinate(middle - barHeight / 2 - 2)},
                       {"width", at(*bar.predicted)},
                       {"height", coordinate(barHeight + 4)}});
}

void drawTrack(Markup& page, const BarChart& chart, const BarGroup& group, const Bar& bar,
               const Scale& at) {
    page.open("svg", {{"class", "track"},
                      {"width", "100%"},
                      {"height", coordinate(rowHeight)},
                      {"aria-hidden", "true"}});
    page.empty("rect", {{"x", "0"},
                        {"y", coordinate(middle - barHeight / 2)},
                        {"width", at(*bar.value)},
                        {"height", coordinate(barHeight)},
                        {"style", fmt::format("fill:url(#{});stroke:{}", fillId(chart.id, bar.mode),
                                              modeColour(bar.mode))}});
    drawPrediction(page, bar, at);
    drawInterval(page, bar, at);
    if (group.baseline && std::isfinite(*group.baseline))
        drawStroke(page, "baseline", at(*group.baseline), 0, at(*group.baseline), rowHeight);
    page.close();
}

void drawRow(Markup& page, const BarChart& chart, const BarGroup& group, const Bar& bar,
             const Scale& at) {
    page.open("div", {{"class", "bar"}});
    page.open("span", {{"class", "bar-label"}, {"title", bar.label}});
    addMarker(page, bar.mode);
    page.text(bar.label).close();
    if (isDrawn(bar)) drawTrack(page, chart, group, bar, at);
    page.element("span", bar.words, {{"class", isDrawn(bar) ? "bar-words" : "bar-absent"}});
    page.close().raw("\n");
}

void defineFills(Markup& page, const BarChart& chart) {
    std::set<std::string> defined;
    page.open("svg", {{"class", "fills"}, {"aria-hidden", "true"}}).open("defs");
    for (const BarGroup& group : chart.groups)
        for (const Bar& bar : group.bars)
            if (defined.insert(modeVariable(bar.mode)).second) defineFill(page, chart.id, bar.mode);
    page.close().close();
}

}  // namespace

Markup drawBars(const BarChart& chart) {
    Scale scale;
    std::size_t labels = 0, words = 0;
    for (const BarGroup& group : chart.groups) {
        for (const Bar& bar : group.bars) {
            scale.longest = std::max(scale.longest, reach(bar));
            labels = std::max(labels, characters(bar.label));
            if (isDrawn(bar)) words = std::max(words, characters(bar.words));
        }
    }
    Markup page;
    page.open("div", {{"class", "bars"},
                      {"style", fmt::format("--labels:{}ch;--words:{}ch", labels, words)}});
    defineFills(page, chart);
    for (const BarGroup& group : chart.groups) {
        if (!group.title.empty()) page.element("div", group.title, {{"class", "bars-title"}});
        for (const Bar& bar : group.bars) drawRow(page, chart, group, bar, scale);
    }
    page.close();
    return page;
}

}  // namespace ringscope::reporting
