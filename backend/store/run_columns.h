// The columns of a run, one row each. INSERT, UPDATE and SELECT are made from this table, so a
// column is named here and in the schema only.
#pragma once

#include "backend/run/run_record.h"
#include "backend/store/statement.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ringscope::store {

// When a column is written.
enum class Part : std::uint8_t {
    Origin,   // once, when the run is created
    Life,     // at every change
    Figures,  // when the run has ended
    Parity,   // when it was compared with the reference
    User,     // once, when the run is created; later by users (run_notes.h)
};

struct RunColumn {
    std::string_view names;  // comma-separated where one value takes several columns
    Part part;
    void (*bind)(Statement&, const RunRecord&);
    void (*read)(Statement&, RunRecord&);  // `summary` has a value
};

// "uuid, experiment, …" and "?, ?, …" of the columns of these parts, in the table's order.
std::string columnNames(std::initializer_list<Part> parts);
std::string columnMarks(std::initializer_list<Part> parts);

void bindColumns(Statement& statement, const RunRecord& run, std::initializer_list<Part> parts);

inline constexpr std::initializer_list<Part> allParts = {Part::Origin, Part::Life, Part::Figures,
                                                         Part::Parity, Part::User};

// Reads all columns of `columnNames(allParts)`. Of the configuration it sets only the fields that
// have columns.
RunRecord readColumns(Statement& statement);

}  // namespace ringscope::store
