#include "backend/report/json_rows.h"

#include "backend/core/csv.h"
#include "backend/core/text.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace ringscope::reporting {
namespace {

template <typename Json>
std::string textOf(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string cell(const nlohmann::ordered_json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? csvText(value.get<std::string>()) : value.dump();
}

}  // namespace

std::string jsonDump(const nlohmann::json& value) { return textOf(value); }
std::string jsonDump(const nlohmann::ordered_json& value) { return textOf(value); }

std::string csvOf(const nlohmann::ordered_json& rows) {
    if (rows.empty()) return "";
    std::vector<std::string> columns;
    for (const auto& [key, value] : rows.front().items())
        if (!value.is_structured()) columns.push_back(key);
    std::string csv = join(columns, ",") + '\n';
    for (const nlohmann::ordered_json& row : rows) {
        std::vector<std::string> cells;
        for (const std::string& column : columns)
            cells.push_back(row.contains(column) ? cell(row[column]) : "");
        csv += join(cells, ",") + '\n';
    }
    return csv;
}

}  // namespace ringscope::reporting
