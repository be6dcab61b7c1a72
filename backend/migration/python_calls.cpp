#include "backend/migration/python_calls.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/known_calls.h"
#include "backend/migration/shell_arithmetic.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace ringscope {
namespace {

constexpr std::size_t mostCalls = 200;
constexpr std::size_t mostArguments = 64;
constexpr std::size_t longestExpression = 2000;
constexpr std::size_t mostKeysOfCalls = 5000;
constexpr int deepestSettings = 6;
// Names that only DeepSpeed's settings have.
constexpr std::array<std::string_view, 3> settingNames = {
    "zero_optimization", "train_micro_batch_size_per_gpu", "train_batch_size"};
constexpr std::array<std::string_view, 6> tensorNames = {"q", "k", "v", "query", "key", "value"};

bool isWordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool isWordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the string that begins here ends, one past its last quote; npos where it does not.
std::size_t endOfString(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    const std::string many(3, quote);
    const bool lines = text.substr(begin).starts_with(many);
    for (std::size_t i = begin + (lines ? 3 : 1); i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (lines ? text.substr(i).starts_with(many) : text[i] == quote) {
            return i + (lines ? 3 : 1);
        } else if (text[i] == '\n' && !lines) {
            return std::string_view::npos;
        }
    }
    return std::string_view::npos;
}

// The parts of `text` between commas that no bracket or string holds.
std::vector<std::string_view> partsOf(std::string_view text) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size() && parts.size() < mostArguments; ++i) {
        const char c = text[i];
        if (c == '"' || c == '\'') {
            const std::size_t end = endOfString(text, i);
            if (end == std::string_view::npos) break;
            i = end - 1;
        } else if (c == '#') {
            i = std::min(text.find('\n', i), text.size());
        } else if (c == '(' || c == '[' || c == '{') {
            ++depth;
        } else if (c == ')' || c == ']' || c == '}') {
            --depth;
        } else if (c == ',' && depth == 0) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    if (!trim(text.substr(begin)).empty()) parts.push_back(text.substr(begin));
    return parts;
}

// "torch.bfloat16": a value as it stands.
bool isTorchType(std::string_view expression) {
    constexpr std::array<std::string_view, 8> types = {
        "bfloat16", "float16", "half", "float32", "float", "float64", "double", "float8_e4m3fn"};
    if (!expression.starts_with("torch.")) return false;
    return std::ranges::find(types, expression.substr(6)) != types.end();
}

using Constants = std::map<std::string, std::string, std::less<>>;

// A literal as configurations write it: True -> true, (1, 2) -> [1, 2], 32 * 1024 -> 32768.
std::optional<std::string> literalText(std::string_view expression, const Constants& constants,
                                       int depth = 0) {
    expression = trim(expression);
    if (expression.empty() || depth > 8 || expression.size() > longestExpression) return {};
    if (expression == "True") return "true";
    if (expression == "False") return "false";
    if (expression == "None") return "null";
    if (isTorchType(expression)) return std::string(expression);
    const char first = expression.front();
    if (first == '"' || first == '\'') {
        const std::size_t end = endOfString(expression, 0);
        if (end != expression.size()) return {};
        const std::size_t quotes =
            expression.starts_with("\"\"\"") || expression.starts_with("'''") ? 3 : 1;
        if (expression.size() < 2 * quotes) return {};
        return std::string(expression.substr(quotes, expression.size() - 2 * quotes));
    }
    if ((first == '[' && expression.back() == ']') || (first == '(' && expression.back() == ')')) {
        std::string list = "[";
        for (const std::string_view part : partsOf(expression.substr(1, expression.size() - 2))) {
            const std::optional<std::string> item = literalText(part, constants, depth + 1);
            if (!item) return {};
            list += (list.size() > 1 ? ", " : "") + *item;
        }
        return list + "]";
    }
    std::string number(expression);
    std::erase(number, '_');
    if (parseReal(number)) return number;
    if (const auto known = constants.find(expression); known != constants.end())
        return known->second;
    if (const auto whole = shellArithmetic(number)) return std::to_string(*whole);
    return {};
}

class PythonReader {
public:
    explicit PythonReader(std::string_view text) : source_(text), text_(source_.text()) {}

    PythonCalls read() {
        while (at_ < text_.size() && !calls_.problem && seen_ < mostCalls) step();
        calls_.hasNone = !calls_.problem && calls_.keys.empty();
        if (calls_.hasNone)
            calls_.problem = {{},
                              "no call of a known attention in this Python file; names of "
                              "ring, dilated and Ulysses attentions are looked for"};
        return std::move(calls_);
    }

private:
    char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void step() {
        const char c = here();
        if (c == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (c == '"' || c == '\'') {
            const std::size_t end = endOfString(text_, at_);
            if (end == std::string_view::npos)
                calls_.problem = {source_.positionOf(at_),
                                  "a text that does not end; close its quote"};
            else
                at_ = end;
        } else if (isWordStart(c)) {
            readName();
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            while (isWordPart(here())) ++at_;
        } else {
            ++at_;
        }
    }

    void readName() {
        const std::size_t begin = at_;
        while (isWordPart(here())) ++at_;
        const std::string name(text_.substr(begin, at_ - begin));
        const std::string before = std::exchange(previous_, name);
        std::size_t next = at_;
        while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t')) ++next;
        const char after = next < text_.size() ? text_[next] : '\0';
        if (after == '=' && text_.substr(next, 2) != "==" && startsLine(begin))
            readConstant(name, next + 1);
        if (after != '(' || before == "def" || before == "class") return;
        if (const KnownCall* call = findCall(name)) readCall(name, *call, begin, next);
    }

    bool startsLine(std::size_t at) const {
        while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
        return at == 0 || text_[at - 1] == '\n';
    }

    // NAME = {…} with DeepSpeed's settings, which programs give it as a value.
    bool readSettings(const std::string& name, std::size_t begin) {
        while (begin < text_.size() && (text_[begin] == ' ' || text_[begin] == '\t')) ++begin;
        if (begin >= text_.size() || text_[begin] != '{') return false;
        const std::size_t close = closing(begin);
        if (close == std::string_view::npos) return false;
        const std::string_view inner = text_.substr(begin + 1, close - begin - 1);
        const bool settings = std::ranges::any_of(settingNames, [&](std::string_view setting) {
            return inner.find(setting) != std::string_view::npos;
        });
        if (settings) addSettings(name, "", inner, 0);
        return settings;
    }

    void addSettings(const std::string& name, const std::string& section, std::string_view inner,
                     int depth) {
        for (const std::string_view part : partsOf(inner)) {
            const std::string_view entry = trim(part);
            if (entry.empty() || (entry.front() != '"' && entry.front() != '\'')) continue;
            const std::size_t end = endOfString(entry, 0);
            if (end == std::string_view::npos || end < 2) continue;
            const std::string key = section + std::string(entry.substr(1, end - 2));
            const std::string_view rest = trim(entry.substr(end));
            if (!rest.starts_with(':')) continue;
            const std::string_view value = trim(rest.substr(1));
            const bool map = value.starts_with('{') && value.ends_with('}') && value.size() > 2;
            if (map && depth < deepestSettings) {
                addSettings(name, key + ".", value.substr(1, value.size() - 2), depth + 1);
                continue;
            }
            const std::optional<std::string> text = literalText(value, constants_);
            SourceKey found{
                .path = name + "." + key,
                .at = source_.positionOf(static_cast<std::size_t>(entry.data() - text_.data())),
                .text = text.value_or(std::string(value)),
                .rule = "deepspeed." + key,
                .unresolved = !text};
            found.isScalar = !found.text.starts_with('[');
            if (calls_.keys.size() < mostKeysOfCalls) calls_.keys.push_back(std::move(found));
        }
    }

    // NAME = literal, on one line. A name with two values is no constant.
    void readConstant(const std::string& name, std::size_t begin) {
        if (readSettings(name, begin)) return;
        std::size_t end = std::min(text_.find('\n', begin), text_.size());
        std::string_view expression = text_.substr(begin, end - begin);
        if (const std::size_t comment = expression.find(" #"); comment != std::string_view::npos)
            expression = expression.substr(0, comment);
        const std::optional<std::string> value = literalText(expression, constants_);
        const auto known = constants_.find(name);
        if (value && known == constants_.end() && !changing_.contains(name))
            constants_[name] = *value;
        else if (known != constants_.end() && (!value || *value != known->second))
            forget(name);
        else if (!value)
            changing_[name] = {};
    }

    void forget(const std::string& name) {
        constants_.erase(name);
        changing_[name] = {};
    }

    std::size_t closing(std::size_t open) const {
        int depth = 0;
        for (std::size_t i = open; i < text_.size() && i < open + 20'000; ++i) {
            const char c = text_[i];
            if (c == '"' || c == '\'') {
                const std::size_t end = endOfString(text_, i);
                if (end == std::string_view::npos) return end;
                i = end - 1;
            } else if (c == '#') {
                i = std::min(text_.find('\n', i), text_.size());
            } else if (c == '(' || c == '[' || c == '{') {
                ++depth;
            } else if ((c == ')' || c == ']' || c == '}') && --depth == 0) {
                return i;
            }
        }
        return std::string_view::npos;
    }

    void readCall(const std::string& name, const KnownCall& call, std::size_t begin,
                  std::size_t open) {
        const std::size_t close = closing(open);
        if (close == std::string_view::npos) return;
        ++seen_;
        at_ = open + 1;  // arguments may hold calls
        calls_.keys.push_back({.path = name,
                               .at = source_.positionOf(begin),
                               .text = "call",
                               .rule = std::string(call.rule)});
        const std::string_view inner = text_.substr(open + 1, close - open - 1);
        const std::vector<std::string> parameters = split(call.parameters, ',');
        std::size_t position = 0;
        for (const std::string_view part : partsOf(inner)) {
            std::string_view argument = trim(part);
            while (argument.starts_with('#'))  // a comment before it
                argument = trim(argument.substr(std::min(argument.find('\n'), argument.size())));
            if (argument.empty() || argument.starts_with('*')) continue;
            std::size_t length = 0;
            while (length < argument.size() && isWordPart(argument[length])) ++length;
            std::string_view rest = trim(argument.substr(length));
            const bool named = length > 0 && rest.starts_with('=') && !rest.starts_with("==");
            if (!named && position >= parameters.size()) continue;
            const std::string parameter =
                named ? std::string(argument.substr(0, length)) : parameters[position++];
            addArgument(name, call, parameter, named ? trim(rest.substr(1)) : argument);
        }
    }

    void addArgument(const std::string& name, const KnownCall& call, const std::string& parameter,
                     std::string_view expression) {
        if (std::ranges::find(tensorNames, parameter) != tensorNames.end()) return;
        const std::optional<std::string> value = literalText(expression, constants_);
        SourceKey key{
            .path = name + "." + parameter,
            .at = source_.positionOf(static_cast<std::size_t>(expression.data() - text_.data())),
            .text = value.value_or(std::string(expression)),
            .rule = std::string(call.section) + "." + parameter,
            .unresolved = !value};
        key.isScalar = !key.text.starts_with('[');
        calls_.keys.push_back(std::move(key));
    }

    SourceText source_;
    std::string_view text_;  // of source_
    std::size_t at_ = 0;
    std::size_t seen_ = 0;
    std::string previous_;  // the word before
    Constants constants_;
    Constants changing_;  // names with several values
    PythonCalls calls_;
};

}  // namespace

PythonCalls readPythonCalls(std::string_view text) { return PythonReader(text).read(); }

bool looksLikePython(std::string_view text) {
    for (int seen = 0; !text.empty() && seen < 200; ++seen) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("import ") || line.starts_with("def ") || line.starts_with("class ") ||
            (line.starts_with("from ") && line.find(" import ") != std::string_view::npos))
            return true;
    }
    return false;
}

}  // namespace ringscope
