#include "ui/print/printed_table.h"

#include "backend/core/text.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <numeric>

namespace ringscope::ui {
namespace {

using reporting::Align;
using reporting::Cell;
using reporting::Row;
using reporting::Table;
using reporting::Tone;

constexpr double tableMark = 6;
constexpr double cellGap = 6;
constexpr double largestType = 7.5;
constexpr double smallestType = 6.5;  // that is read without a glass
constexpr double typeStep = 0.5;

// Columns that stand beside each other.
class TablePart {
public:
    TablePart(Paper& paper, const Table& table, double type)
        : paper_(paper), table_(table), type_(type) {
        measure();
        spread();
    }

    // No word is broken.
    bool fits() const { return fits_; }

    // Its head and first row, with the title of that row's section.
    double heightOfBeginning() const {
        double height = heightOfHead();
        for (const Row& row : table_.rows) {
            height += heightOf(row);
            if (!row.heading) break;
        }
        return height;
    }

    // A page begins with the head and the title of the section that goes on there.
    void write() {
        paper_.need(heightOfBeginning());
        writeHead();
        const Row* section = nullptr;
        for (std::size_t i = 0; i < table_.rows.size(); ++i) {
            const Row& row = table_.rows[i];
            const bool titleOfNext = row.heading && i + 1 < table_.rows.size();
            if (paper_.need(heightOf(row) + (titleOfNext ? heightOf(table_.rows[i + 1]) : 0))) {
                writeHead();
                if (section != nullptr && !row.heading) writeRow(*section);
            }
            if (row.heading) section = &row;
            writeRow(row);
        }
        paper_.skip(6);
    }

private:
    TextStyle style(Tone tone = Tone::Plain, Align align = Align::Left) const {
        TextStyle style{.size = type_, .colour = colourOfTone(tone)};
        style.align = align == Align::Right ? Qt::AlignRight : Qt::AlignLeft;
        return style;
    }
    TextStyle detailStyle(Align align) const {
        TextStyle small = style(Tone::Muted, align);
        small.size = type_ - 1;
        return small;
    }
    TextStyle headStyle(std::size_t column) const {
        TextStyle bold = style(Tone::Muted, alignOf(column));
        bold.bold = true;
        return bold;
    }
    TextStyle cellStyle(const Cell& cell, std::size_t column) const {
        TextStyle shown = style(cell.tone, alignOf(column));
        shown.bold = column == 0;
        return shown;
    }
    Align alignOf(std::size_t column) const {
        return column == 0 ? Align::Left : table_.columns[column].align;
    }
    // What stands before the words of the first column.
    static double indentOf(std::size_t column) { return column == 0 ? tableMark + 3 : 0; }
    // Of the row that are filled: its section's title, or the reason why there is nothing, stands
    // in place of the others.
    static std::size_t cellsOf(const Row& row) {
        return row.absence.empty() && !row.heading ? row.cells.size() : 1;
    }

    double widestWord(const std::string& words, const TextStyle& style) const {
        double widest = 0;
        for (const std::string& word : split(words, ' '))
            widest = std::max(widest, paper_.widthOf(text(word), style));
        return widest;
    }

    // The widest word of a column decides how wide it has to be.
    void measure() {
        widths_.assign(table_.columns.size(), 0);
        unbroken_ = widths_;
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            widths_[i] = unbroken_[i] = widestWord(table_.columns[i].header, headStyle(i));
        for (const Row& row : table_.rows) {
            if (row.heading) continue;
            for (std::size_t i = 0; i < cellsOf(row); ++i) {
                const Cell& cell = row.cells[i];
                const TextStyle shown = cellStyle(cell, i);
                const TextStyle detail = detailStyle(alignOf(i));
                const double whole = paper_.widthOf(text(cell.text), shown);
                const double word =
                    alignOf(i) == Align::Right ? whole : widestWord(cell.text, shown);
                widths_[i] = std::max({widths_[i], word + indentOf(i),
                                       widestWord(cell.detail, detail) + indentOf(i)});
                unbroken_[i] = std::max({unbroken_[i], whole + indentOf(i),
                                         paper_.widthOf(text(cell.detail), detail) + indentOf(i)});
            }
        }
        constexpr double rounding = 0.5;
        for (std::vector<double>* widths : {&widths_, &unbroken_})
            for (double& width : *widths)
                width = std::min(width + cellGap + rounding, Paper::width / 2);
    }

    // What is left over goes to the columns whose words are broken into lines, those first that
    // lack the least, and then to the columns of words; what lacks is taken from all.
    void spread() {
        double left = Paper::width - std::accumulate(widths_.begin(), widths_.end(), 0.0);
        fits_ = left >= 0;
        if (!fits_) {
            for (double& width : widths_) width *= Paper::width / (Paper::width - left);
            return;
        }
        std::vector<std::size_t> columns(widths_.size());
        std::iota(columns.begin(), columns.end(), std::size_t{0});
        const auto lack = [this](std::size_t i) { return unbroken_[i] - widths_[i]; };
        std::ranges::sort(columns, {}, lack);
        for (std::size_t done = 0; done < columns.size(); ++done) {
            const double more =
                std::min(lack(columns[done]), left / static_cast<double>(columns.size() - done));
            widths_[columns[done]] += more;
            left -= more;
        }
        std::erase_if(columns, [this](std::size_t i) { return alignOf(i) != Align::Left; });
        for (const std::size_t i : columns)
            widths_[i] += left / static_cast<double>(columns.size());
    }

    double within(std::size_t column) const { return widths_[column] - cellGap - indentOf(column); }

    double cellHeight(const Cell& cell, std::size_t column) const {
        double height = paper_.heightOf(text(cell.text), cellStyle(cell, column), within(column));
        if (!cell.detail.empty())
            height +=
                paper_.heightOf(text(cell.detail), detailStyle(alignOf(column)), within(column));
        return height;
    }

    TextStyle sectionStyle() const {
        TextStyle bold = style();
        bold.bold = true;
        return bold;
    }

    double heightOf(const Row& row) const {
        constexpr double around = 5;
        if (row.heading)
            return paper_.heightOf(text(row.cells.front().text), sectionStyle(), Paper::width) +
                   around;
        double height = 0;
        for (std::size_t i = 0; i < cellsOf(row); ++i)
            height = std::max(height, cellHeight(row.cells[i], i));
        if (!row.absence.empty())
            height = std::max(height, paper_.heightOf(text(row.absence), style(),
                                                      Paper::width - widths_.front()));
        return height + around;
    }

    double heightOfHead() const {
        double height = 0;
        for (std::size_t i = 0; i < widths_.size(); ++i)
            height = std::max(height, paper_.heightOf(text(table_.columns[i].header), headStyle(i),
                                                      widths_[i] - cellGap));
        return height + 3;
    }

    void writeHead() {
        const double height = heightOfHead();
        double x = Paper::margin;
        for (std::size_t i = 0; i < widths_.size(); ++i) {
            paper_.draw({x, paper_.y(), widths_[i] - cellGap, height},
                        text(table_.columns[i].header), headStyle(i));
            x += widths_[i];
        }
        paper_.skip(height);
    }

    void writeRow(const Row& row) {
        const double height = heightOf(row);
        const double y = paper_.y();
        paper_.line({Paper::margin, y}, {Paper::margin + Paper::width, y}, look.line);
        if (row.heading) {
            paper_.draw({Paper::margin, y + 2, Paper::width, height - 2},
                        text(row.cells.front().text), sectionStyle());
            paper_.skip(height);
            return;
        }
        double x = Paper::margin;
        for (std::size_t i = 0; i < cellsOf(row); ++i) {
            writeCell(row, i, {x, y + 2, widths_[i] - cellGap, height - 2});
            x += widths_[i];
        }
        if (!row.absence.empty())
            paper_.draw({x, y + 2, Paper::margin + Paper::width - x, height - 2}, text(row.absence),
                        style(Tone::Bad));
        paper_.skip(height);
    }

    void writeCell(const Row& row, std::size_t column, QRectF at) {
        const Cell& cell = row.cells[column];
        if (column == 0 && !row.mode.empty())
            paper_.mark(row.mode, {at.left(), at.top() + 1, tableMark, tableMark});
        if (!row.mode.empty()) at.adjust(indentOf(column), 0, 0, 0);
        const TextStyle shown = cellStyle(cell, column);
        const double height = paper_.heightOf(text(cell.text), shown, at.width());
        paper_.draw({at.left(), at.top(), at.width(), height}, text(cell.text), shown);
        if (!cell.detail.empty())
            paper_.draw(at.adjusted(0, height, 0, 0), text(cell.detail),
                        detailStyle(alignOf(column)));
    }

    Paper& paper_;
    const Table& table_;
    double type_;
    bool fits_ = false;
    std::vector<double> widths_;
    std::vector<double> unbroken_;  // where each cell stands on one line
};

// The first column, and those from `begin` to before `end`.
Table columnsOf(const Table& table, std::size_t begin, std::size_t end) {
    const auto cut = [&](const auto& all) {
        auto some = all;
        some.assign(all.begin() + static_cast<long>(begin), all.begin() + static_cast<long>(end));
        some.insert(some.begin(), all.front());
        return some;
    };
    Table part{cut(table.columns), table.rows};
    for (Row& row : part.rows)
        if (!row.heading && row.absence.empty()) row.cells = cut(row.cells);
    return part;
}

std::vector<Table> partsOf(Paper& paper, const Table& table, double type) {
    std::vector<Table> parts;
    const std::size_t columns = table.columns.size();
    for (std::size_t begin = 1; begin < columns;) {
        std::size_t end = begin + 1;
        while (end < columns && TablePart(paper, columnsOf(table, begin, end + 1), type).fits())
            ++end;
        parts.push_back(columnsOf(table, begin, end));
        begin = end;
    }
    return parts;
}

}  // namespace

ColourPair colourOfTone(reporting::Tone tone) {
    switch (tone) {
        case reporting::Tone::Good:
            return look.good;
        case reporting::Tone::Caution:
            return look.caution;
        case reporting::Tone::Bad:
            return look.bad;
        case reporting::Tone::Muted:
            return look.mutedText;
        case reporting::Tone::Plain:
            break;
    }
    return look.text;
}

PrintedTable::PrintedTable(Paper& paper, const reporting::Table& table)
    : paper_(paper), type_(largestType) {
    const std::size_t fewest = partsOf(paper, table, smallestType).size();
    parts_ = partsOf(paper, table, type_);
    while (parts_.size() > fewest) parts_ = partsOf(paper, table, type_ -= typeStep);
}

double PrintedTable::heightOfBeginning() const {
    return parts_.empty() ? 0 : TablePart(paper_, parts_.front(), type_).heightOfBeginning();
}

void PrintedTable::write() {
    for (const reporting::Table& part : parts_) TablePart(paper_, part, type_).write();
}

}  // namespace ringscope::ui
