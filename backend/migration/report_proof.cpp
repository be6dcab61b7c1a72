#include "backend/migration/report_proof.h"

#include "backend/migration/proof.h"
#include "backend/report/charts.h"
#include "backend/report/html_table.h"
#include "backend/report/markdown_table.h"
#include "backend/report/run_json.h"
#include "backend/report/svg_bars.h"
#include "backend/report/svg_lines.h"
#include "backend/report/tables.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope {
namespace {

// Nothing where there is no proof, or its runs cannot be compared.
std::optional<Report> reportOf(const Migration& migration) {
    if (!migration.proof) return std::nullopt;
    Result<Report> report = makeReport(migration.proof->name, migration.proof->runs);
    if (!report.ok()) return std::nullopt;
    return std::move(report).value();
}

std::string verdictOfProof(const Proven& proof, const std::optional<Report>& report) {
    return report ? report->comparison.verdict : provenWords(proof);
}

}  // namespace

void addProof(reporting::Markup& page, const Migration& migration) {
    if (!migration.proof) return;
    const std::optional<Report> report = reportOf(migration);
    page.open("section").element("h2", "Proof");
    page.element("p", verdictOfProof(*migration.proof, report));
    for (const std::string& note : migration.proof->notes) page.element("p", note);
    if (report) {
        reporting::addTable(page, reporting::comparisonRows(*report));
        page.open("div", {{"class", "charts"}});
        for (const reporting::GlanceChart& chart : reporting::glanceCharts(report->comparison)) {
            page.open("figure").open("figcaption").element("b", chart.title);
            page.text(" " + chart.caption).close().append(drawBars(chart.bars)).close();
        }
        page.close();
        for (const reporting::LossChart& chart : reporting::lossCharts(*report)) {
            page.open("figure").element(
                "figcaption", "losses; lines that lie on each other train the same model");
            page.append(drawLines(chart.lines)).close();
            reporting::addFolded(page, "Loss as a table", reporting::lossRows(chart.losses));
        }
    }
    page.close();
}

std::string proofMarkdown(const Migration& migration) {
    if (!migration.proof) return {};
    const std::optional<Report> report = reportOf(migration);
    std::string text =
        "## Proof\n\n" + reporting::markdownLine(verdictOfProof(*migration.proof, report)) + "\n\n";
    for (const std::string& note : migration.proof->notes)
        text += "- " + reporting::markdownLine(note) + "\n";
    if (!migration.proof->notes.empty()) text += "\n";
    if (report) {
        text += reporting::markdownTable(reporting::comparisonRows(*report)) + "\n";
        for (const reporting::LossChart& chart : reporting::lossCharts(*report))
            text += reporting::markdownTable(reporting::lossRows(chart.losses)) + "\n";
    }
    return text;
}

nlohmann::json proofJson(const Migration& migration) {
    if (!migration.proof) return nullptr;
    nlohmann::json object = {{"name", migration.proof->name},
                             {"notes", migration.proof->notes},
                             {"verdict", provenWords(*migration.proof)},
                             {"runs", nlohmann::json::array()}};
    for (const RunRecord& run : migration.proof->runs) object["runs"].push_back(toJson(run));
    return object;
}

}  // namespace ringscope
