#include "backend/report/text_table.h"

#include "backend/core/look.h"
#include "backend/core/text.h"
#include "backend/report/figure_table.h"
#include "backend/report/tables.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <vector>

namespace ringscope::reporting {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t shortestReason = 24;  // below that it wraps instead

struct Paint {
    bool colour = false;

    std::string operator()(std::string_view code, const std::string& text) const {
        return colour && !code.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }
};

std::string_view codeOf(Tone tone) {
    switch (tone) {
        case Tone::Good:
            return "32";
        case Tone::Caution:
            return "33";
        case Tone::Bad:
            return "1;31";
        case Tone::Muted:
            return "2";
        case Tone::Plain:
            break;
    }
    return "";
}

// A column of the terminal's table; `keep` says how long it stays when room runs out.
struct TextColumn {
    std::string header;
    Align align = Align::Right;
    int keep = 0;
    std::vector<Cell> cells;

    std::size_t width() const {
        std::size_t widest = characters(header);
        for (const Cell& cell : cells) widest = std::max(widest, characters(cell.text));
        return widest;
    }
};

std::string parityShort(const RunGroup& group) {
    const std::string words = parityWords(group);
    return words.starts_with("NOT") ? "NOT the same" : words;
}

// `format`: instead of the figure's own, where there is no room for its unit.
TextColumn figureColumn(const Comparison& comparison, std::string_view jsonName,
                        std::string_view header, int keep,
                        std::string (*format)(double value) = nullptr) {
    const Figure& shown = figure(jsonName);
    TextColumn column{std::string(header), Align::Right, keep, {}};
    const auto spell = format == nullptr ? shown.format : format;
    const bool alone = comparison.candidates.empty();  // repeats: their spread is all there is
    for (const RunGroup* group : comparison.groups()) {
        const std::optional<Spread>& spread = group->*shown.spread;
        column.cells.push_back({formatMedian(spread, spell), Tone::Plain,
                                alone ? formatEnds(spread, spell) : std::string()});
    }
    return column;
}

TextColumn speedupColumn(const Comparison& comparison) {
    TextColumn column{"speed-up", Align::Right, 6, {{"baseline", Tone::Muted}}};
    for (const Candidate& candidate : comparison.candidates) {
        const Tone tone = candidate.speed == Speed::Faster   ? Tone::Good
                          : candidate.speed == Speed::Slower ? Tone::Caution
                                                             : Tone::Muted;
        column.cells.push_back({formatSpeedup(candidate), tone, formatSpeedupEnds(candidate)});
    }
    return column;
}

TextColumn parityColumn(const Comparison& comparison) {
    TextColumn column{"parity", Align::Left, 8, {}};
    for (const RunGroup* group : comparison.groups())
        column.cells.push_back({parityShort(*group), parityTone(*group)});
    return column;
}

std::vector<TextColumn> figureColumns(const Comparison& comparison) {
    struct Shown {
        std::string_view jsonName;
        std::string_view header;
        int keep;
        std::string (*format)(double value) = nullptr;
    };
    constexpr std::array shown = {Shown{"step_ms", "step time", 5},
                                  Shown{"predicted_step_ms", "predicted", 2},
                                  Shown{"exposed_ms_per_step", "exposed", 6},
                                  Shown{"wait_ms_per_step", "wait", 5},
                                  Shown{"busbw_gb_per_s", "busbw", 1, formatSignificant},
                                  Shown{"peak_bytes", "peak memory", 4},
                                  Shown{"comm_bytes_per_step", "sent/step", 3},
                                  Shown{"final_loss", "loss", 2}};
    const std::vector<const Figure*> known = figuresOf(comparison);
    std::vector<TextColumn> columns = {figureColumn(comparison, "tokens_per_s", "tokens/s", 9),
                                       speedupColumn(comparison)};
    for (const Shown& column : shown)
        if (std::ranges::find(known, column.jsonName, &Figure::jsonName) != known.end())
            columns.push_back(figureColumn(comparison, column.jsonName, column.header, column.keep,
                                           column.format));
    columns.push_back(parityColumn(comparison));
    return columns;
}

TextColumn labelColumn(const Comparison& comparison, bool unicode) {
    TextColumn column{"mode", Align::Left, 10, {}};
    for (const RunGroup* group : comparison.groups()) {
        std::string label = printableLine(group->rowLabel);
        if (unicode) label = std::string(markerGlyph(modeLook(group->mode).marker)) + " " + label;
        column.cells.push_back({label});
    }
    return column;
}

std::size_t totalWidth(const TextColumn& label, const std::vector<TextColumn>& columns) {
    std::size_t width = label.width();
    for (const TextColumn& column : columns) width += gap.size() + column.width();
    return width;
}

// The intervals of the speed-ups, where there is room for them.
void addDetails(TextColumn& column) {
    for (Cell& cell : column.cells) cell.text = withDetail(cell);
}

std::vector<TextColumn> withDetails(std::vector<TextColumn> columns) {
    for (TextColumn& column : columns) addDetails(column);
    return columns;
}

// Cuts long labels first, then leaves out columns; answers the names of those left out.
std::vector<std::string> fit(TextColumn& label, std::vector<TextColumn>& columns,
                             std::size_t width) {
    constexpr std::size_t shortestLabel = 24;
    std::vector<std::string> leftOut;
    while (totalWidth(label, columns) > width) {
        const std::size_t excess = totalWidth(label, columns) - width;
        if (label.width() > shortestLabel) {
            const std::size_t room =
                std::max(shortestLabel, label.width() - std::min(label.width(), excess));
            for (Cell& cell : label.cells) cell.text = shortened(cell.text, room);
        } else if (columns.size() > 1) {
            const auto least = std::ranges::min_element(columns, {}, &TextColumn::keep);
            leftOut.push_back(least->header);
            columns.erase(least);
        } else {
            break;
        }
    }
    return leftOut;
}

std::string padded(const std::string& text, std::size_t width, Align align, std::string_view code,
                   const Paint& paint) {
    const std::string blanks(width - std::min(width, characters(text)), ' ');
    return align == Align::Left ? paint(code, text) + blanks : blanks + paint(code, text);
}

std::string withoutTrailingBlanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string headerLine(const TextColumn& label, const std::vector<TextColumn>& columns,
                       const Paint& paint) {
    std::string line = padded(label.header, label.width(), label.align, "1", paint);
    for (const TextColumn& column : columns)
        line += std::string(gap) + padded(column.header, column.width(), column.align, "1", paint);
    return withoutTrailingBlanks(line);
}

std::string groupLine(const RunGroup& group, std::size_t index, const TextColumn& label,
                      const std::vector<TextColumn>& columns, std::size_t width,
                      const Paint& paint) {
    std::string line = padded(label.cells[index].text, label.width(), label.align, "", paint);
    const std::string absence = printableLine(absenceWords(group));
    if (!absence.empty()) {
        const std::size_t taken = label.width() + gap.size();
        const std::size_t room = width > taken + shortestReason ? width - taken : 1'000;
        const std::string_view code = codeOf(group.failed > 0 ? Tone::Bad : Tone::Caution);
        return line + std::string(gap) + paint(code, shortened(absence, room)) + "\n";
    }
    for (const TextColumn& column : columns) {
        const Cell& cell = column.cells[index];
        line += std::string(gap) +
                padded(cell.text, column.width(), column.align, codeOf(cell.tone), paint);
    }
    return withoutTrailingBlanks(line);
}

struct Spelling {
    std::string_view unicode, ascii;
};
constexpr std::array spellings = {Spelling{"×", "x"}, Spelling{"–", "-"}, Spelling{"…", "~"},
                                  Spelling{"µ", "u"}};

std::string respelled(std::string_view text) {
    std::string ascii;
    while (!text.empty()) {
        const auto known = std::ranges::find_if(
            spellings, [&](const Spelling& s) { return text.starts_with(s.unicode); });
        if (known != spellings.end()) {
            ascii += known->ascii;
            text.remove_prefix(known->unicode.size());
            continue;
        }
        const bool isAscii = static_cast<unsigned char>(text[0]) < 0x80;
        ascii += isAscii ? text[0] : '?';
        text.remove_prefix(1);
        while (!isAscii && !text.empty() && (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80)
            text.remove_prefix(1);
    }
    return ascii;
}

std::string terminalTable(const Comparison& comparison, const TextTableOptions& options) {
    const Paint paint{options.colour};
    TextColumn label = labelColumn(comparison, options.unicode);
    std::vector<TextColumn> columns = figureColumns(comparison);
    std::vector<std::string> leftOut;
    const auto room = static_cast<std::size_t>(std::max(0, options.width));
    if (room == 0 || totalWidth(label, withDetails(columns)) <= room)
        columns = withDetails(std::move(columns));
    else
        leftOut = fit(label, columns, room);

    std::string table = headerLine(label, columns, paint);
    const std::vector<const RunGroup*> groups = comparison.groups();
    for (const Section& section : comparison.sections) {
        const std::string title = printableLine(sectionTitle(comparison, section));
        if (!title.empty())
            table += "\n" + paint("1", room > 0 ? shortened(title, room) : title) + "\n";
        for (const std::size_t index : section.groups)
            table += groupLine(*groups[index], index, label, columns, room, paint);
    }
    if (!leftOut.empty())
        table += paint("2", "left out for want of room: " + join(leftOut, ", ")) + "\n";
    return options.unicode ? table : respelled(table);
}

}  // namespace
}  // namespace ringscope::reporting

namespace ringscope {

std::string asciiOnly(std::string_view text) { return reporting::respelled(text); }

std::string comparisonTable(const Comparison& comparison, const TextTableOptions& options) {
    return reporting::terminalTable(comparison, options);
}

std::string comparisonText(const Comparison& comparison, const TextTableOptions& options) {
    using reporting::printableLine;
    using reporting::sentenceOf;
    std::string text;
    if (!comparison.unlike.empty()) text = sentenceOf(printableLine(comparison.unlike)) + "\n\n";
    text += comparisonTable(comparison, options) + '\n' + printableLine(comparison.verdict) + '\n';
    for (const std::string& warning : comparison.warnings)
        text += "note: " + printableLine(warning) + '\n';
    return text;
}

}  // namespace ringscope
