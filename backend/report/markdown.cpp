#include "backend/report/figure_table.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/tables.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"

#include <fmt/format.h>
#include <cctype>

namespace ringscope::reporting {
namespace {

bool isWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<signed char>(c) < 0;
}

// An underscore between letters is no emphasis, and names are full of them.
bool insideWord(std::string_view text, std::size_t at) {
    return at > 0 && at + 1 < text.size() && isWord(text[at - 1]) && isWord(text[at + 1]);
}

// Text as one line of Markdown that renders as itself, in a table cell too.
std::string escaped(std::string_view raw) {
    const std::string text = validUtf8(raw);
    std::string line;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '&') {
            line += "&amp;";
        } else if (c == '<') {
            line += "&lt;";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            line += ' ';
        } else {
            const bool special = std::string_view("\\`*[]~|>").find(c) != std::string_view::npos;
            if (special || (c == '_' && !insideWord(text, at))) line += '\\';
            line += c;
        }
    }
    return line;
}

std::string withDetail(const Cell& cell) {
    return cell.detail.empty() ? cell.text : cell.text + " (" + cell.detail + ")";
}

std::string cells(const Row& row, std::size_t columns) {
    std::string line = "|";
    if (row.heading) {
        line += " **" + escaped(row.cells.front().text) + "** |";
        for (std::size_t i = 1; i < columns; ++i) line += "  |";
        return line + "\n";
    }
    for (std::size_t i = 0; i < columns; ++i) {
        std::string text = i < row.cells.size() ? withDetail(row.cells[i]) : "";
        if (i > 0 && !row.absence.empty()) text = i == 1 ? row.absence : "";
        line += " " + escaped(text) + " |";
    }
    return line + "\n";
}

std::string tableText(const Table& table) {
    std::string header = "|";
    std::string rule = "|";
    for (const Column& column : table.columns) {
        header += " " + escaped(column.header) + " |";
        rule += column.align == Align::Right ? " ---: |" : " --- |";
    }
    std::string text = header + "\n" + rule + "\n";
    for (const Row& row : table.rows) text += cells(row, table.columns.size());
    return text;
}

std::string section(std::string_view title, const Table& table) {
    if (table.rows.empty()) return "";
    return fmt::format("\n## {}\n\n{}", title, tableText(table));
}

std::string whatRanList(const Report& report) {
    std::string text = "\n## What ran\n\n";
    for (const RunFact& fact : whatRan(report.runs))
        text += fmt::format("* **{}**: {}\n", fact.label, escaped(fact.text));
    return text;
}

std::string definitionList(const Comparison& comparison) {
    std::string text = "\n## How the figures are defined\n\n";
    for (const Figure* figure : figuresOf(comparison))
        text += fmt::format("* **{}**: {}\n", figure->name, figure->definition);
    for (const Definition& definition : definitions())
        text += fmt::format("* **{}**: {}\n", definition.term, definition.text);
    return text;
}

}  // namespace

std::string writeMarkdown(const Report& report) {
    std::string text = "# " + escaped(report.title) + "\n\n";
    text += "**" + escaped(report.comparison.verdict) + ".**\n";
    for (const std::string& warning : report.comparison.warnings)
        text += "\n> " + escaped(warning) + "\n";
    text += whatRanList(report);
    text += section("Comparison", comparisonRows(report));
    text += section("Patterns beside dense attention", patternRows(report));
    text += section("Recall over distance", recallRows(report));
    if (!report.comparison.differences.empty())
        text += section("Settings that differ", differenceRows(report));
    text += section("Runs", runRows(report));
    text += section("Environment", environmentRows(report));
    text += definitionList(report.comparison);
    const std::string created = utcMinute(report.createdUs);
    if (!created.empty()) text += "\nWritten by Ringscope on " + created + ".\n";
    return text;
}

}  // namespace ringscope::reporting
