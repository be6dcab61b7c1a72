#include "backend/report/html_table.h"

#include "backend/report/svg_marks.h"

#include <string>

namespace ringscope::reporting {
namespace {

Attributes classes(Align align, Tone tone) {
    std::string names(align == Align::Right ? "number" : "");
    const std::string_view toned = toneClass(tone);
    if (!names.empty() && !toned.empty()) names += ' ';
    names += toned;
    return names.empty() ? Attributes{} : Attributes{{"class", names}};
}

void addCell(Markup& page, const Cell& cell) {
    page.text(cell.text);
    if (!cell.detail.empty()) page.element("small", cell.detail);
}

void addRow(Markup& page, const Table& table, const Row& row) {
    if (row.heading) {
        page.open("tr", {{"class", "heading"}});
        page.element("th", row.cells.front().text,
                     {{"scope", "rowgroup"}, {"colspan", std::to_string(table.columns.size())}});
        page.close();
        return;
    }
    page.open("tr").open("th", {{"scope", "row"}});
    if (!row.mode.empty()) addMarker(page, row.mode);
    addCell(page, row.cells.front());
    page.close();
    if (!row.absence.empty()) {
        const std::string span = std::to_string(table.columns.size() - 1);
        page.element("td", row.absence, {{"class", "bad"}, {"colspan", span}});
        page.close();
        return;
    }
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
        page.open("td", classes(table.columns[i].align, row.cells[i].tone));
        addCell(page, row.cells[i]);
        page.close();
    }
    page.close();
}

}  // namespace

std::string_view toneClass(Tone tone) {
    switch (tone) {
        case Tone::Good:
            return "good";
        case Tone::Caution:
            return "caution";
        case Tone::Bad:
            return "bad";
        case Tone::Muted:
            return "muted";
        case Tone::Plain:
            break;
    }
    return "";
}

void addTable(Markup& page, const Table& table) {
    page.open("div", {{"class", "scroll"}, {"tabindex", "0"}}).open("table");
    page.open("thead").open("tr");
    bool first = true;
    for (const Column& column : table.columns) {
        Attributes attributes = classes(first ? Align::Left : column.align, Tone::Plain);
        attributes.emplace_back("scope", "col");
        page.element("th", column.header, attributes);
        first = false;
    }
    page.close().close().open("tbody");
    for (const Row& row : table.rows) addRow(page, table, row);
    page.close().close().close();
}

void addFolded(Markup& page, std::string_view summary, const Table& table) {
    if (table.rows.empty()) return;
    page.open("details").element("summary", summary);
    addTable(page, table);
    page.close();
}

}  // namespace ringscope::reporting
