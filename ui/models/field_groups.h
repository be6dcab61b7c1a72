// Which fields of the form stand together, in the order in which they are shown: a group for each
// section of the configuration; a section of many fields has several. The table of field_groups.cpp
// says which; a field it does not name is in the first group of its section.
#pragma once

#include "backend/config/field_table.h"

#include <QString>
#include <span>
#include <vector>

namespace ringscope::ui {

struct FieldGroup {
    QString title;  // "model", "model: experts"
    bool open = false;
    std::vector<const Field*> fields;  // in the order of the table
};

// Groups of all these fields, which outlive them.
std::vector<FieldGroup> fieldGroups(std::span<const Field> fields);

}  // namespace ringscope::ui
