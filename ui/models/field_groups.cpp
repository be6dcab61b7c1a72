#include "ui/models/field_groups.h"

#include "ui/widgets/parts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace ringscope::ui {
namespace {

// The fields whose names begin like this; the longest beginning decides. Without one: the fields of
// the section that no other row takes.
struct GroupRow {
    std::string_view section;
    std::string_view title;  // behind the section's name
    bool open = false;
    std::vector<std::string_view> beginnings{};
};

// What users change most comes first and is open.
const std::vector<GroupRow>& groupRows() {
    static const std::vector<GroupRow> rows = {
        {"train", "", true},
        {"parallel", "", true},
        {"model", "", true, {"ffn_size"}},
        {"model",
         "parts",
         false,
         {"attention", "embedding_scale", "ffn", "gain", "layer_pattern", "logit_softcap", "norm",
          "output_bias", "parallel_residual", "position", "qk_norm", "qkv_", "tied_head"}},
        {"model", "rotary positions", false, {"rope_"}},
        {"model", "experts", false, {"expert", "shared_expert"}},
        {"model",
         "latent attention",
         false,
         {"latent_", "plain_size", "rotary_size", "value_size"}},
        {"memory", "", false},
        {"attention", "", false},
        {"attention", "pattern", false, {"pattern."}},
        {"data", "", false},
        {"profile", "", false},
        {"launch", "", false},
        {"debug", "", false},
    };
    return rows;
}

constexpr std::size_t fewestOfAGroup = 4;  // fewer stay with the first of their section

std::string_view sectionOf(const Field& field) {
    return field.path.substr(0, field.path.find('.'));
}

std::string_view nameOf(const Field& field) { return field.path.substr(field.path.find('.') + 1); }

// How much of the field's name the row's beginnings match; nothing where it is not the row's.
std::optional<std::size_t> matchOf(const GroupRow& row, const Field& field) {
    if (row.section != sectionOf(field)) return std::nullopt;
    std::optional<std::size_t> longest;
    if (row.title.empty()) longest = 0;
    for (const std::string_view beginning : row.beginnings)
        if (nameOf(field).starts_with(beginning))
            longest = std::max(longest.value_or(0), beginning.size());
    return longest;
}

// The row of a field; one past the last for a section that has none.
std::size_t rowOf(const Field& field) {
    const std::vector<GroupRow>& rows = groupRows();
    std::size_t best = rows.size();
    std::size_t longest = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::optional<std::size_t> match = matchOf(rows[i], field);
        if (!match || (best < rows.size() && *match <= longest)) continue;
        best = i;
        longest = *match;
    }
    return best;
}

std::size_t firstRowOf(std::string_view section) {
    const auto found = std::ranges::find(groupRows(), section, &GroupRow::section);
    return static_cast<std::size_t>(found - groupRows().begin());
}

}  // namespace

std::vector<FieldGroup> fieldGroups(std::span<const Field> fields) {
    const std::vector<GroupRow>& rows = groupRows();
    std::vector<std::size_t> rowOfField;
    std::vector<std::size_t> counts(rows.size() + 1, 0);
    for (const Field& field : fields) {
        rowOfField.push_back(rowOf(field));
        ++counts[rowOfField.back()];
    }
    std::vector<FieldGroup> groups(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        groups[i].title = text(rows[i].section);
        if (!rows[i].title.empty()) groups[i].title += QStringLiteral(": ") + text(rows[i].title);
        groups[i].open = rows[i].open;
    }
    std::map<std::string_view, std::size_t> others;  // sections without a row: the fields decide
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string_view section = sectionOf(fields[i]);
        std::size_t group = rowOfField[i];
        if (group == rows.size()) {
            const auto [other, added] = others.try_emplace(section, groups.size());
            if (added) groups.push_back({text(section), false, {}});
            group = other->second;
        } else if (counts[group] < fewestOfAGroup) {
            group = firstRowOf(section);
        }
        groups[group].fields.push_back(&fields[i]);
    }
    std::erase_if(groups, [](const FieldGroup& group) { return group.fields.empty(); });
    return groups;
}

}  // namespace ringscope::ui
