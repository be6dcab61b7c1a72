#include "backend/migration/migration_text.h"

#include "backend/core/text.h"
#include "backend/migration/migration_report.h"
#include "backend/report/wording.h"

#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

using reporting::printableLine;

std::string verdictWords(Verdict verdict) {
    std::string word(verdictName(verdict));
    for (char& c : word)
        if (c == '_') c = ' ';
    return word;
}

// A reason that follows itself, as for a block of keys, is said once.
std::string keyLines(const MigrationInput& input, const KeyVerdict& key,
                     const std::string& reasonBefore) {
    const std::string file =
        key.file.empty() || key.file == input.source.name ? "" : key.file + ":";
    const std::string number = key.line > 0 ? std::to_string(key.line) : "-";
    std::string line = std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number + "  " +
                       verdictWords(key.verdict);
    line.append(line.size() < 24 ? 24 - line.size() : 1, ' ');
    line += file + key.path + ": " + key.old;
    if (!key.newPath.empty()) line += " -> " + key.newPath + ": " + key.newValue;
    std::string text = printableLine(line) + '\n';
    const bool plain = key.verdict == Verdict::Kept || key.verdict == Verdict::Renamed;
    const std::string reason = reasonWords(key);
    if (!plain && reason != reasonBefore)
        text += std::string(24, ' ') + printableLine(reason) + '\n';
    return text;
}

// Keys that change no result, in a paragraph of their own.
std::string housekeepingLines(const MigrationInput& input, const Migration& migration) {
    constexpr std::size_t widest = 100;
    std::string text;
    std::string line = "housekeeping:";
    for (const KeyVerdict& key : migration.keys) {
        if (key.use != KeyUse::Housekeeping) continue;
        const std::string word =
            " " + (key.file.empty() || key.file == input.source.name ? "" : key.file + ":") +
            key.path;
        if (line.size() + word.size() > widest) {
            text += printableLine(line) + '\n';
            line = " ";
        }
        line += word;
    }
    return text.empty() && line == "housekeeping:" ? text
                                                   : '\n' + text + printableLine(line) + '\n';
}

std::string decisionLines(const Decision& decision, const Migration& migration) {
    std::string text = "\ndecision " + decision.id + ": " + printableLine(decision.question) + '\n';
    const bool explained = decision.options.size() <= 6;
    for (const DecisionOption& option : decision.options) {
        text += (option.id == decision.chosen ? "  * " : "    ") + option.id + ": " +
                printableLine(option.label) + '\n';
        if (explained)
            text +=
                "        " + printableLine(consequenceWords(option, migration.costMachine)) + '\n';
    }
    return text;
}

}  // namespace

std::string migrationText(const MigrationInput& input, const Migration& migration) {
    std::string text = printableLine(input.source.name) + ": " + migration.source.kind + " (" +
                       std::to_string(static_cast<int>(migration.source.confidence * 100)) +
                       " % sure), " + printableLine(migration.source.reason) + "\n\n";
    std::string reason;
    for (const KeyVerdict& key : migration.keys) {
        if (key.use == KeyUse::Housekeeping) continue;
        text += keyLines(input, key, reason);
        reason = reasonWords(key);
    }
    text += housekeepingLines(input, migration);
    for (const Decision& decision : migration.decisions) text += decisionLines(decision, migration);
    text += '\n';
    for (const std::string& words : planWords(migration)) text += printableLine(words) + '\n';
    return text + summaryWords(migration) + '\n' + verdictCounts(migration) + '\n';
}

std::string migrationRemarks(const Migration& migration) {
    std::string text;
    for (const std::string& note : migration.notes) text += "note: " + printableLine(note) + '\n';
    for (const std::string& problem : migration.problems)
        text += "would not run: " + printableLine(problem) + '\n';
    return text;
}

std::string openDecisionsWords(const Migration& migration) {
    std::vector<std::string> open;
    for (const Decision& decision : migration.decisions)
        if (!decision.answered) open.push_back(decision.id);
    const auto first = std::ranges::find(migration.decisions, false, &Decision::answered);
    return "decisions are open: " + join(open, ", ") + "; answer with --decide " + first->id + "=" +
           first->options.front().id + " or take every default with --accept-defaults";
}

}  // namespace ringscope
