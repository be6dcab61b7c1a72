// A table on paper, in small type.
//
// Columns that do not fit beside each other come below, each time behind the first: a row per
// configuration has 18. The type gets smaller where that saves such a part; all parts have the
// same. A page that a table goes on to begins with its head and the title of the section.
#pragma once

#include "backend/report/tables.h"
#include "ui/print/paper.h"

#include <vector>

namespace ringscope::ui {

class PrintedTable {
public:
    PrintedTable(Paper& paper, const reporting::Table& table);

    // What has to stand on one page with a heading: the head and the first row.
    double heightOfBeginning() const;

    void write();  // at the paper's place; moves below it

private:
    Paper& paper_;
    double type_;
    std::vector<reporting::Table> parts_;
};

ColourPair colourOfTone(reporting::Tone tone);

}  // namespace ringscope::ui
