#include "backend/migration/line_diff.h"
#include "backend/migration/migration_report.h"
#include "backend/migration/report_formats.h"
#include "backend/migration/report_proof.h"
#include "backend/report/markup.h"
#include "backend/report/report_style.h"

#include <algorithm>

namespace ringscope {
namespace {

using reporting::Markup;

std::string_view toneOf(Verdict verdict) {
    switch (verdict) {
        case Verdict::Dangerous:
            return "bad";
        case Verdict::NeedsDecision:
        case Verdict::Unknown:
            return "caution";
        case Verdict::Dropped:
            return "muted";
        default:
            return "good";
    }
}

void writeHead(Markup& page, const std::string& title) {
    page.raw("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
    page.empty("meta", {{"charset", "utf-8"}});
    page.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    page.element("title", title);
    page.open("style")
        .raw(reporting::reportStyle())
        .raw("pre { overflow-x: auto; padding: 12px 16px; border: 1px solid var(--line); }\n")
        .close();
    page.close();
}

void writeList(Markup& page, const std::string& title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    page.open("section").element("h2", title).open("ul");
    for (const std::string& sentence : sentences) page.element("li", sentence);
    page.close().close();
}

void writeDecisions(Markup& page, const Migration& migration) {
    if (migration.decisions.empty()) return;
    page.open("section").element("h2", "Decisions");
    for (const Decision& decision : migration.decisions) {
        page.open("p").element("b", decision.id).text(": " + decision.question).close().open("ul");
        for (const DecisionOption& option : decision.options) {
            const bool chosen = option.id == decision.chosen;
            const std::string_view mark = !chosen             ? ""
                                          : decision.answered ? " (chosen)"
                                                              : " (default, open)";
            page.open("li").element(chosen ? "b" : "span", option.id + std::string(mark));
            page.text(": " + option.label + "; " + consequenceWords(option, migration.costMachine))
                .close();
        }
        page.close();
    }
    page.close();
}

void writeKeys(Markup& page, const MigrationInput& input, const Migration& migration) {
    page.open("section").element("h2", "Keys").open("div", {{"class", "scroll"}}).open("table");
    page.open("thead").open("tr");
    for (const char* header : {"Line", "Key", "Old", "New", "Verdict", "Reason"})
        page.element("th", header);
    page.close().close().open("tbody");
    for (const KeyVerdict& key : migration.keys) {
        std::string verdict(verdictName(key.verdict));
        std::ranges::replace(verdict, '_', ' ');
        page.open("tr");
        page.element("td", key.line > 0 ? std::to_string(key.line) : "", {{"class", "number"}});
        page.element("td", shownPath(input, key)).element("td", key.old);
        page.element("td", key.newPath.empty() ? "" : key.newPath + ": " + key.newValue);
        page.element("td", verdict, {{"class", std::string(toneOf(key.verdict))}});
        page.element("td", reasonWords(key)).close();
    }
    page.close().close().close().close();
}

void writeText(Markup& page, const std::string& title, const std::string& text) {
    if (text.empty()) return;
    page.open("section").element("h2", title).element("pre", text).close();
}

}  // namespace

std::string migrationHtml(const MigrationInput& input, const Migration& migration) {
    Markup page;
    const std::string title = "Migration of " + input.source.name;
    writeHead(page, title);
    page.open("body").open("main").element("h1", title);
    page.element("p", migration.source.reason, {{"class", "subtitle"}});
    page.element("p", verdictCounts(migration), {{"class", "verdict"}});
    writeList(page, "Would not run", migration.problems);
    writeList(page, "Plan", planWords(migration));
    addProof(page, migration);
    writeDecisions(page, migration);
    writeKeys(page, input, migration);
    writeList(page, "Notes", migration.notes);
    writeText(page, "Lines", correspondingLines(input, migration));
    writeText(page, "Experiment", migration.experiment);
    page.close().close().close();
    return page.written();
}

}  // namespace ringscope
