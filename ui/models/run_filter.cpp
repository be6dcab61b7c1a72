#include "ui/models/run_filter.h"

#include "backend/core/text.h"
#include "ui/models/run_table_model.h"
#include "ui/widgets/parts.h"

#include <charconv>
#include <optional>
#include <variant>

namespace ringscope::ui {
namespace {

// A field's value in one run: words, a number, or nothing measured yet.
using Value = std::variant<std::monostate, std::string, double>;

struct FilterField {
    std::string_view name;
    Value (*of)(const RunRow&);
};

Value number(std::optional<double> value) { return value ? Value(*value) : Value(); }

const FilterField fields[] = {
    {"name", [](const RunRow& run) -> Value { return run.name.toStdString(); }},
    {"mode", [](const RunRow& run) -> Value { return run.mode.toStdString(); }},
    {"state", [](const RunRow& run) -> Value { return std::string(statusName(run.status)); }},
    {"parity", [](const RunRow& run) -> Value { return parityText(run.parity).toStdString(); }},
    {"ranks", [](const RunRow& run) { return number(double(run.ranks)); }},
    {"seq_len", [](const RunRow& run) { return number(double(run.seqLen)); }},
    {"tokens_per_s", [](const RunRow& run) { return number(run.tokensPerSecond); }},
    {"step_ms", [](const RunRow& run) { return number(run.stepMs); }},
    {"exposed_ms", [](const RunRow& run) { return number(run.exposedMs); }},
    {"wait_ms", [](const RunRow& run) { return number(run.waitMs); }},
    {"hidden_wait_ms", [](const RunRow& run) { return number(run.hiddenWaitMs); }},
    {"peak_bytes",
     [](const RunRow& run) { return run.peakBytes ? number(double(*run.peakBytes)) : Value(); }},
};

const FilterField* findFilterField(std::string_view name) {
    for (const FilterField& field : fields)
        if (field.name == name) return &field;
    return nullptr;
}

std::vector<std::string> fieldNames() {
    std::vector<std::string> names;
    for (const FilterField& field : fields) names.emplace_back(field.name);
    return names;
}

// "8k" is 8192, as a sequence length is meant; "2M" 2^20.
std::optional<double> parseNumber(std::string_view text) {
    double value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view suffix(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    if (suffix.empty()) return value;
    if (suffix == "k" || suffix == "K") return value * 1024;
    if (suffix == "M") return value * 1024 * 1024;
    if (suffix == "G") return value * 1024 * 1024 * 1024;
    return std::nullopt;
}

template <typename T>
bool holds(std::string_view op, const T& left, const T& right) {
    if (op == "=") return left == right;
    if (op == "!=") return left != right;
    if (op == "<") return left < right;
    if (op == "<=") return left <= right;
    if (op == ">") return left > right;
    return left >= right;
}

Result<RunPredicate> condition(std::string_view word, std::size_t at) {
    const std::string name = toLower(word.substr(0, at));
    const FilterField* field = findFilterField(name);
    if (field == nullptr)
        return Error{ErrorCode::InvalidConfig,
                     "there is no field '" + name + "'; known: " + join(fieldNames(), ", ")};
    const std::size_t length = at + 1 < word.size() && word[at + 1] == '=' ? 2 : 1;
    const std::string op(word.substr(at, length));
    if (op == "!")
        return Error{ErrorCode::InvalidConfig,
                     "write != for 'is not'; got '" + std::string(word) + "'"};
    const std::string wanted = toLower(word.substr(at + length));
    if (wanted.empty())
        return Error{ErrorCode::InvalidConfig,
                     "a value is missing after '" + std::string(word) + "'"};

    const bool numeric = std::holds_alternative<double>(field->of(RunRow{})) ||
                         std::holds_alternative<std::monostate>(field->of(RunRow{}));
    const std::optional<double> figure = parseNumber(wanted);
    if (numeric && !figure)
        return Error{ErrorCode::InvalidConfig,
                     name + " is compared with a number like 8192 or 8k; got '" + wanted + "'"};
    return RunPredicate([=](const RunRow& run) {
        const Value value = field->of(run);
        if (const auto* words = std::get_if<std::string>(&value))
            return holds<std::string>(op, toLower(*words), wanted);
        const auto* measured = std::get_if<double>(&value);
        return measured != nullptr && holds(op, *measured, *figure);
    });
}

RunPredicate containsWord(std::string_view word) {
    return [wanted = text(word)](const RunRow& run) {
        return run.name.contains(wanted, Qt::CaseInsensitive) ||
               run.mode.contains(wanted, Qt::CaseInsensitive) ||
               stateText(run).contains(wanted, Qt::CaseInsensitive) ||
               text(run.id.text).startsWith(wanted, Qt::CaseInsensitive);
    };
}

}  // namespace

Result<RunPredicate> parseRunFilter(std::string_view words) {
    std::vector<RunPredicate> all;
    for (const std::string& word : split(words, ' ')) {
        if (word.empty() || toLower(word) == "and") continue;
        const std::size_t at = word.find_first_of("=!<>");
        if (at == std::string::npos) {
            all.push_back(containsWord(word));
            continue;
        }
        RINGSCOPE_TRY(RunPredicate predicate, condition(word, at));
        all.push_back(std::move(predicate));
    }
    return RunPredicate([all = std::move(all)](const RunRow& run) {
        for (const RunPredicate& predicate : all)
            if (!predicate(run)) return false;
        return true;
    });
}

RunFilterModel::RunFilterModel(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(RunTableModel::SortRole);
    setDynamicSortFilter(true);
}

void RunFilterModel::setPredicate(RunPredicate predicate) {
    predicate_ = std::move(predicate);
    invalidateFilter();
}

bool RunFilterModel::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const RunRow* run = runAt(sourceModel()->index(row, 0, parent));
    return !predicate_ || run == nullptr || predicate_(*run);
}

bool RunFilterModel::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(sortRole());
    const QVariant b = right.data(sortRole());
    if (a.typeId() == QMetaType::QString)
        return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
    return a.toDouble() < b.toDouble();
}

}  // namespace ringscope::ui
