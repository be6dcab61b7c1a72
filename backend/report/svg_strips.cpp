#include "backend/report/svg_strips.h"

#include "backend/report/svg_marks.h"

#include <algorithm>
#include <numeric>

namespace ringscope::reporting {
namespace {

constexpr double stripHeight = 14;
constexpr std::string_view hatchId = "strip-hatch";

double sumOf(const StripCell& cell) {
    return std::accumulate(cell.parts.begin(), cell.parts.end(), 0.0);
}

// The colour, and over it the hatch.
void drawPart(Markup& svg, const StripKind& kind, const std::string& x, const std::string& width) {
    const auto rectangle = [&](const std::string& fill) {
        svg.empty("rect", {{"x", x},
                           {"width", width},
                           {"height", coordinate(stripHeight)},
                           {"style", "fill:" + fill}});
    };
    rectangle("var(" + kind.variable + ")");
    if (kind.hatched) rectangle("url(#" + std::string(hatchId) + ")");
}

void drawStrip(Markup& page, const StripCell& cell, const std::vector<StripKind>& kinds,
               double longest) {
    page.open("svg", {{"class", "strip"},
                      {"width", "100%"},
                      {"height", coordinate(stripHeight)},
                      {"role", "img"}});
    page.element("title", cell.words);
    double at = 0;
    for (std::size_t i = 0; i < kinds.size() && longest > 0; ++i) {
        const double share = 100 * cell.parts[i] / longest;
        if (share > 0) drawPart(page, kinds[i], coordinate(at) + "%", coordinate(share) + "%");
        at += share;
    }
    page.close();
}

}  // namespace

Markup drawStrips(const StripTable& table, const std::vector<StripKind>& kinds, double longest) {
    Markup page;
    page.open("table", {{"class", "strips"}});
    if (!table.columns.empty()) {
        page.open("thead").open("tr").element("th", "");
        for (const std::string& column : table.columns)
            page.element("th", column, {{"scope", "col"}});
        for (std::size_t i = 0; i < table.room; ++i) page.element("th", "");
        page.close().close();
    }
    page.open("tbody");
    for (const StripRow& row : table.rows) {
        page.open("tr").open("th", {{"scope", "row"}});
        if (!row.mode.empty()) addMarker(page, row.mode);
        page.text(row.label).close();
        for (const StripCell& cell : row.cells) {
            page.open("td");
            drawStrip(page, cell, kinds, longest);
            page.close();
        }
        if (!row.words.empty()) page.element("td", row.words, {{"class", "strip-words"}});
        page.close();
    }
    page.close().close();
    return page;
}

Markup drawStripLegend(const std::vector<StripKind>& kinds) {
    Markup page;
    page.open("p", {{"class", "legend"}});
    for (const StripKind& kind : kinds) {
        if (kind.name.empty()) continue;
        page.open("span").open("svg", {{"class", "marker"}, {"aria-hidden", "true"}});
        drawPart(page, kind, "0", "14");
        page.close().text(kind.name).close().raw("\n");
    }
    page.close();
    return page;
}

Markup defineStripHatch() {
    Markup page;
    page.open("svg", {{"class", "fills"}, {"aria-hidden", "true"}});
    page.open("pattern", {{"id", std::string(hatchId)},
                          {"width", "6"},
                          {"height", "6"},
                          {"patternUnits", "userSpaceOnUse"},
                          {"patternTransform", "rotate(45)"}});
    page.empty("rect", {{"width", "3"}, {"height", "6"}, {"style", "fill:var(--background)"}});
    page.close().close();
    return page;
}

double longestStrip(const StripTable& table) {
    double longest = 0;
    for (const StripRow& row : table.rows)
        for (const StripCell& cell : row.cells) longest = std::max(longest, sumOf(cell));
    return longest;
}

}  // namespace ringscope::reporting
