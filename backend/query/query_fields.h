// The fields of a run that a query can name: a row each.
#pragma once

#include "backend/run/run_record.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringscope::query {

// A field's value in one run: words, a number, or nothing that is known.
using Value = std::variant<std::monostate, std::vector<std::string>, double>;

enum class Kind {
    Words,
    Choice,   // words, one of those that `choices` has
    Moment,   // "2026-11-29 06:12:33": compared as far as the user wrote it
    Number,   // k, M, G
    Seconds,  // s, m, h, d
};

struct QueryField {
    std::string_view name;
    std::string_view help;
    Kind kind = Kind::Words;
    Value (*of)(const RunRecord& run) = nullptr;
    std::vector<std::string> (*choices)() = nullptr;
};

std::vector<QueryField> fieldRows();

// What a query uses of a field: a row, or a field of the configuration by its path.
struct FoundField {
    std::string name;
    Kind kind = Kind::Words;
    std::function<Value(const RunRecord&)> of;
    std::vector<std::string> choices{};
};
std::optional<FoundField> findQueryField(std::string_view name);

// The names that a misspelt one may mean.
std::vector<std::string> fieldNames();

}  // namespace ringscope::query
