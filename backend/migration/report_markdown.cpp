#include "backend/migration/line_diff.h"
#include "backend/migration/migration_report.h"
#include "backend/migration/report_formats.h"
#include "backend/migration/report_proof.h"

#include <algorithm>

namespace ringscope {
namespace {

// A cell must not end its column, and a user's text must not become markup.
std::string cell(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        if (c == '|' || c == '`' || c == '<' || c == '*' || c == '_' || c == '\\' || c == '[')
            safe += '\\';
        safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return safe;
}

// Fenced with more backticks than the text has in a row.
std::string fenced(const std::string& text, const std::string& language) {
    std::size_t run = 0;
    std::size_t longest = 2;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    return fence + language + "\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

std::string keyTable(const MigrationInput& input, const Migration& migration, KeyUse use) {
    std::string text = "| line | key | old | new | verdict | reason |\n|--:|---|---|---|---|---|\n";
    for (const KeyVerdict& key : migration.keys) {
        if (key.use != use) continue;
        const std::string value = key.newPath.empty() ? "" : key.newPath + ": " + key.newValue;
        text += "| " + (key.line > 0 ? std::to_string(key.line) : "") + " | " +
                cell(shownPath(input, key)) + " | " + cell(key.old) + " | " + cell(value) + " | " +
                cell(std::string(verdictName(key.verdict))) + " | " + cell(reasonWords(key)) +
                " |\n";
    }
    return text;
}

std::string decisionText(const Decision& decision, const Migration& migration) {
    std::string text = "**" + cell(decision.id) + "**: " + cell(decision.question) + "\n\n";
    for (const DecisionOption& option : decision.options) {
        const bool chosen = option.id == decision.chosen;
        text += "- " + std::string(chosen ? "**" : "") + cell(option.id) + (chosen ? "**" : "") +
                (chosen ? decision.answered ? " (chosen)" : " (default, open)" : "") + ": " +
                cell(option.label) + "; " + cell(consequenceWords(option, migration.costMachine)) +
                "\n";
    }
    return text + "\n";
}

std::string list(const std::string& title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return {};
    std::string text = "## " + title + "\n\n";
    for (const std::string& sentence : sentences) text += "- " + cell(sentence) + "\n";
    return text + "\n";
}

}  // namespace

std::string migrationMarkdown(const MigrationInput& input, const Migration& migration) {
    std::string text = "# Migration of " + cell(input.source.name) + "\n\n" +
                       cell(migration.source.reason) + ".\n\n" + summaryWords(migration) + ".\n\n" +
                       verdictCounts(migration) + ".\n\n";
    text += list("Would not run", migration.problems);
    text += list("Plan", planWords(migration)) + proofMarkdown(migration);
    if (!migration.decisions.empty()) text += "## Decisions\n\n";
    for (const Decision& decision : migration.decisions) text += decisionText(decision, migration);
    text += "## Keys\n\n" + keyTable(input, migration, KeyUse::Needed) + "\n";
    if (summaryOf(migration).housekeeping > 0)
        text += "## Housekeeping\n\n" + keyTable(input, migration, KeyUse::Housekeeping) + "\n";
    text += list("Notes", migration.notes);
    const std::string lines = correspondingLines(input, migration);
    if (!lines.empty()) text += "## Lines\n\n" + fenced(lines, "diff") + "\n";
    return text + "## Experiment\n\n" + fenced(migration.experiment, "yaml");
}

}  // namespace ringscope
