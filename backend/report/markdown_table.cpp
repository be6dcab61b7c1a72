#include "backend/report/markdown_table.h"

#include "backend/report/wording.h"

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

}  // namespace

std::string markdownLine(std::string_view raw) {
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

namespace {

std::string cells(const Row& row, std::size_t columns) {
    std::string line = "|";
    if (row.heading) {
        line += " **" + markdownLine(row.cells.front().text) + "** |";
        for (std::size_t i = 1; i < columns; ++i) line += "  |";
        return line + "\n";
    }
    for (std::size_t i = 0; i < columns; ++i) {
        std::string text = i < row.cells.size() ? withDetail(row.cells[i]) : "";
        if (i > 0 && !row.absence.empty()) text = i == 1 ? row.absence : "";
        line += " " + markdownLine(text) + " |";
    }
    return line + "\n";
}

}  // namespace

std::string markdownTable(const Table& table) {
    std::string header = "|";
    std::string rule = "|";
    for (const Column& column : table.columns) {
        header += " " + markdownLine(column.header) + " |";
        rule += column.align == Align::Right ? " ---: |" : " --- |";
    }
    std::string text = header + "\n" + rule + "\n";
    for (const Row& row : table.rows) text += cells(row, table.columns.size());
    return text;
}

}  // namespace ringscope::reporting
