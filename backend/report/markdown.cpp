#include "backend/report/figure_table.h"
#include "backend/report/markdown_table.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/tables.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"

#include <fmt/format.h>

namespace ringscope::reporting {
namespace {

std::string section(std::string_view title, const Table& table) {
    if (table.rows.empty()) return "";
    return fmt::format("\n## {}\n\n{}", title, markdownTable(table));
}

std::string whatRanList(const Report& report) {
    std::string text = "\n## What ran\n\n";
    for (const RunFact& fact : whatRan(report.runs))
        text += fmt::format("* **{}**: {}\n", fact.label, markdownLine(fact.text));
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
    std::string text = "# " + markdownLine(report.title) + "\n\n";
    text += "**" + markdownLine(report.comparison.verdict) + ".**\n";
    for (const std::string& warning : report.comparison.warnings)
        text += "\n> " + markdownLine(warning) + "\n";
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
