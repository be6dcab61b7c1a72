// Finds and orders runs by what users write: in the window's filter box, and after --where and
// --sort of `runs ls`.
//
//     zigzag demo                    words are looked for in name, mode, state, tags and note
//     mode=zigzag seq_len>=8k        conditions: = != < <= > >= and ~, which asks for a part
//     mode=ring or loss<3            not, and, or, in this order; `and` may be left out
//     not (state=failed or tag=old) note~"slow node"
//     started>=2026-11-01 age<2h     local time; s, m, h and d
//     model.layers=4                 any field of a run's configuration
//
// A figure that was not measured meets no condition. Of several tags or hosts, one must be equal;
// with != none may be. Numbers take k, M and G, which count in 1024, sizes KiB, MiB and GiB as
// well.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

using RunPredicate = std::function<bool(const RunRecord&)>;

// Fails with InvalidConfig: "--where:8: there is no field 'los'; did you mean 'loss'?". `where` is
// what messages call the text; the number is a column of it, from 1.
Result<RunPredicate> parseRunQuery(std::string_view text, std::string_view where);

// "-tokens_per_s,name": by these fields, the first one first, a minus for descending order. Runs
// without a value come last. Equal ones stay in the order they had.
using RunOrder = std::function<void(std::vector<RunRecord>&)>;
Result<RunOrder> parseRunOrder(std::string_view text, std::string_view where);

// A field that queries know by this name, beside those of the configuration.
struct QueryFieldHelp {
    std::string_view name;
    std::string_view help;
};
std::vector<QueryFieldHelp> queryFieldHelp();

// The Error of a word that is none of `known`: "there is no mode 'zigzg'; did you mean 'zigzag'?",
// or with all of them where none is near.
Error unknownWord(std::string_view what, std::string_view word,
                  const std::vector<std::string>& known);

}  // namespace ringscope
