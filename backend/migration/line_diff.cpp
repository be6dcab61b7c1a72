#include "backend/migration/line_diff.h"

#include "backend/core/text.h"
#include "backend/migration/migration.h"

#include <algorithm>
#include <cstddef>

namespace ringscope {
namespace {

constexpr std::size_t around = 3;
constexpr std::size_t mostLines = 2000;  // of the part that differs; its table is quadratic

std::vector<std::string> linesOf(std::string_view text) {
    std::vector<std::string> lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    for (std::string& line : lines)
        if (line.ends_with('\r')) line.pop_back();
    return lines;
}

struct DiffLine {
    char sign = ' ';  // ' ' both, '-' only old, '+' only new
    std::string text;
};

// Longest common subsequence of what lies between a common head and tail.
class Differ {
public:
    Differ(std::vector<std::string> before, std::vector<std::string> after)
        : old_(std::move(before)), new_(std::move(after)) {
        const std::size_t shorter = std::min(old_.size(), new_.size());
        while (head_ < shorter && old_[head_] == new_[head_]) ++head_;
        while (tail_ < shorter - head_ &&
               old_[old_.size() - 1 - tail_] == new_[new_.size() - 1 - tail_])
            ++tail_;
    }

    std::vector<DiffLine> lines() {
        for (std::size_t i = 0; i < head_; ++i) result_.push_back({' ', old_[i]});
        const std::size_t oldEnd = old_.size() - tail_;
        const std::size_t newEnd = new_.size() - tail_;
        if (std::max(oldEnd, newEnd) - head_ > mostLines)
            replaceAll(oldEnd, newEnd);
        else
            followTable(oldEnd, newEnd);
        for (std::size_t i = oldEnd; i < old_.size(); ++i) result_.push_back({' ', old_[i]});
        return std::move(result_);
    }

private:
    void replaceAll(std::size_t oldEnd, std::size_t newEnd) {
        for (std::size_t i = head_; i < oldEnd; ++i) result_.push_back({'-', old_[i]});
        for (std::size_t j = head_; j < newEnd; ++j) result_.push_back({'+', new_[j]});
    }

    void followTable(std::size_t oldEnd, std::size_t newEnd) {
        const std::size_t rows = oldEnd - head_;
        const std::size_t columns = newEnd - head_;
        // common[i][j]: lines that old from i on and new from j on can have in common.
        std::vector<std::vector<std::size_t>> common(rows + 1,
                                                     std::vector<std::size_t>(columns + 1));
        for (std::size_t i = rows; i-- > 0;)
            for (std::size_t j = columns; j-- > 0;)
                common[i][j] = old_[head_ + i] == new_[head_ + j]
                                   ? common[i + 1][j + 1] + 1
                                   : std::max(common[i + 1][j], common[i][j + 1]);
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < rows || j < columns) {
            if (i < rows && j < columns && old_[head_ + i] == new_[head_ + j]) {
                result_.push_back({' ', old_[head_ + i++]});
                ++j;
            } else if (i < rows && (j == columns || common[i + 1][j] >= common[i][j + 1])) {
                result_.push_back({'-', old_[head_ + i++]});
            } else {
                result_.push_back({'+', new_[head_ + j++]});
            }
        }
    }

    std::vector<std::string> old_;
    std::vector<std::string> new_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::vector<DiffLine> result_;
};

std::string heading(std::string_view oldName, std::string_view newName) {
    return "--- " + std::string(oldName) + "\n+++ " + std::string(newName) + "\n";
}

// "@@ -3,7 +3,8 @@" and the lines [begin, end), which start after so many old and new ones.
std::string hunk(const std::vector<DiffLine>& lines, std::size_t begin, std::size_t end) {
    const auto count = [&](std::size_t from, std::size_t to, char other) {
        return std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(from),
                             lines.begin() + static_cast<std::ptrdiff_t>(to),
                             [other](const DiffLine& line) { return line.sign != other; });
    };
    const auto range = [&](char other) {
        const std::ptrdiff_t size = count(begin, end, other);
        return std::to_string(count(0, begin, other) + (size > 0 ? 1 : 0)) + "," +
               std::to_string(size);
    };
    std::string text = "@@ -" + range('+') + " +" + range('-') + " @@\n";
    for (std::size_t i = begin; i < end; ++i) text += lines[i].sign + lines[i].text + "\n";
    return text;
}

}  // namespace

std::string unifiedDiff(std::string_view oldName, std::string_view oldText,
                        std::string_view newName, std::string_view newText) {
    const std::vector<DiffLine> lines = Differ(linesOf(oldText), linesOf(newText)).lines();
    std::string text;
    std::size_t at = 0;
    const auto changed = [](const DiffLine& line) { return line.sign != ' '; };
    while (true) {
        const auto first =
            std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(at), lines.end(), changed);
        if (first == lines.end()) break;
        const auto start = static_cast<std::size_t>(first - lines.begin());
        std::size_t last = start;
        for (std::size_t i = start; i < lines.size() && i <= last + 2 * around; ++i)
            if (changed(lines[i])) last = i;
        const std::size_t begin = std::max(at, start > around ? start - around : 0);
        at = std::min(lines.size(), last + 1 + around);
        text += hunk(lines, begin, at);
    }
    return text.empty() ? text : heading(oldName, newName) + text;
}

std::string correspondingLines(const MigrationInput& input, const Migration& migration) {
    if (!migration.changed) return {};
    std::string text = heading(input.source.name, "experiment");
    const std::vector<std::string> newLines = linesOf(migration.experiment);
    std::vector<const SourceFile*> files = {&input.source};
    for (const SourceFile& companion : input.companions) files.push_back(&companion);
    for (const SourceFile* file : files) {
        const std::vector<std::string> oldLines = linesOf(file->text);
        for (const KeyVerdict& key : migration.keys) {
            const bool here = key.file == file->name && key.line > 0;
            const bool replaced = here && key.newLine > 0 &&
                                  static_cast<std::size_t>(key.newLine) <= newLines.size() &&
                                  static_cast<std::size_t>(key.line) <= oldLines.size();
            if (!replaced) continue;
            const std::string& before = oldLines[static_cast<std::size_t>(key.line) - 1];
            const std::string& after = newLines[static_cast<std::size_t>(key.newLine) - 1];
            if (before == after) continue;
            text += "@@ " + key.file + ":" + std::to_string(key.line) +
                    " -> experiment:" + std::to_string(key.newLine) + " @@\n-" + before + "\n+" +
                    after + "\n";
        }
    }
    return text;
}

}  // namespace ringscope
