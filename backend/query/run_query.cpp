#include "backend/query/run_query.h"

#include "backend/core/text.h"
#include "backend/query/query_fields.h"
#include "backend/query/query_words.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace ringscope {
namespace query {
namespace {

struct Suffix {
    std::string_view text;
    double factor;
};
constexpr std::array countSuffixes = {Suffix{"", 1},
                                      Suffix{"k", 1024.0},
                                      Suffix{"m", 1024.0 * 1024},
                                      Suffix{"kib", 1024.0},
                                      Suffix{"mib", 1024.0 * 1024},
                                      Suffix{"g", 1024.0 * 1024 * 1024},
                                      Suffix{"gib", 1073741824.0}};
constexpr std::array timeSuffixes = {Suffix{"", 1}, Suffix{"s", 1}, Suffix{"m", 60},
                                     Suffix{"h", 3600}, Suffix{"d", 86400}};

template <typename Suffixes>
std::optional<double> parseNumber(std::string_view text, const Suffixes& suffixes) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{}) return std::nullopt;
    const std::string suffix =
        toLower(trim(std::string_view(rest, static_cast<std::size_t>(end - rest))));
    for (const Suffix& known : suffixes)
        if (suffix == known.text) return value * known.factor;
    return std::nullopt;
}

template <typename T>
bool holds(std::string_view sign, const T& left, const T& right) {
    if (sign == "=") return left == right;
    if (sign == "!=") return left != right;
    if (sign == "<") return left < right;
    if (sign == "<=") return left <= right;
    if (sign == ">") return left > right;
    return left >= right;
}

bool contains(const std::string& text, const std::string& part) {
    return toLower(text).find(part) != std::string::npos;
}

RunPredicate wordsCondition(FoundField field, std::string sign, std::string wanted) {
    return [field = std::move(field), sign = std::move(sign),
            wanted = std::move(wanted)](const RunRecord& run) {
        const Value value = field.of(run);
        const auto* words = std::get_if<std::vector<std::string>>(&value);
        if (words == nullptr) return false;
        const auto meets = [&](const std::string& word) {
            if (sign == "~") return contains(word, wanted);
            const std::string text = toLower(word);
            // As far as the user wrote it: 2026-11 is every moment of November.
            if (field.kind == Kind::Moment)
                return holds(sign, text.substr(0, wanted.size()), wanted);
            return holds(sign, text, wanted);
        };
        return sign == "!=" ? std::ranges::all_of(*words, meets)
                            : std::ranges::any_of(*words, meets);
    };
}

RunPredicate numberCondition(FoundField field, std::string sign, double wanted) {
    return [field = std::move(field), sign = std::move(sign), wanted](const RunRecord& run) {
        const Value value = field.of(run);
        const auto* figure = std::get_if<double>(&value);
        return figure != nullptr && holds(sign, *figure, wanted);
    };
}

RunPredicate containsWord(std::string word) {
    return [wanted = toLower(word)](const RunRecord& run) {
        const auto has = [&](const std::string& text) { return contains(text, wanted); };
        return has(run.name) || has(run.config.parallel.mode) || has(run.note) ||
               has(std::string(statusName(run.status))) || run.id.text.starts_with(wanted) ||
               std::ranges::any_of(run.tags, has);
    };
}

// One call of parseRunQuery: a parser by recursive descent.
class Parser {
public:
    Parser(std::vector<Word> words, std::string_view where)
        : words_(std::move(words)), where_(where) {}

    Result<RunPredicate> parse() {
        if (now().kind == WordKind::End) return RunPredicate([](const RunRecord&) { return true; });
        RINGSCOPE_TRY(RunPredicate all, alternatives());
        if (now().kind == WordKind::Close) return wrong(now(), "')' closes nothing; remove it");
        if (now().kind != WordKind::End) return wrong(now(), "expected 'and' or 'or'");
        return all;
    }

private:
    const Word& now() const { return words_[at_]; }
    const Word& next() { return words_[at_ + 1 < words_.size() ? at_++ : at_]; }
    bool isKeyword(std::string_view keyword) const {
        return now().kind == WordKind::Text && toLower(now().text) == keyword;
    }
    bool take(std::string_view keyword) {
        const bool found = isKeyword(keyword);
        if (found) next();
        return found;
    }
    Error wrong(const Word& word, const std::string& sentence) const {
        return {ErrorCode::InvalidConfig, placeOf(where_, word.column) + sentence};
    }

    Result<RunPredicate> alternatives() {
        RINGSCOPE_TRY(RunPredicate left, conjunction());
        while (take("or")) {
            RINGSCOPE_TRY(RunPredicate right, conjunction());
            left = [left = std::move(left), right = std::move(right)](const RunRecord& run) {
                return left(run) || right(run);
            };
        }
        return left;
    }

    Result<RunPredicate> conjunction() {
        RINGSCOPE_TRY(RunPredicate left, negation());
        while (take("and") ||
               (now().kind != WordKind::End && now().kind != WordKind::Close && !isKeyword("or"))) {
            RINGSCOPE_TRY(RunPredicate right, negation());
            left = [left = std::move(left), right = std::move(right)](const RunRecord& run) {
                return left(run) && right(run);
            };
        }
        return left;
    }

    Result<RunPredicate> negation() {
        if (depth_ >= deepest) return wrong(now(), "parentheses and 'not' nest too deeply");
        ++depth_;
        Result<RunPredicate> made = take("not") ? inverted() : term();
        --depth_;
        return made;
    }

    Result<RunPredicate> inverted() {
        RINGSCOPE_TRY(RunPredicate inner, negation());
        return RunPredicate(
            [inner = std::move(inner)](const RunRecord& run) { return !inner(run); });
    }

    Result<RunPredicate> term() {
        const Word word = next();
        switch (word.kind) {
            case WordKind::Open:
                return group(word);
            case WordKind::Close:
                return wrong(word, "a condition is missing before ')'");
            case WordKind::End:
                return wrong(word, "a condition is missing here: mode=ring, loss<3");
            case WordKind::Sign:
                return wrong(word, "a field is missing before '" + word.text + "'");
            case WordKind::Text:
                if (word.text == "or" || word.text == "and")
                    return wrong(word, "a condition is missing before '" + word.text + "'");
                [[fallthrough]];
            case WordKind::Quoted:
                break;
        }
        if (now().kind == WordKind::Sign) return condition(word);
        return containsWord(word.text);
    }

    Result<RunPredicate> group(const Word& open) {
        RINGSCOPE_TRY(RunPredicate inner, alternatives());
        if (now().kind != WordKind::Close) return wrong(open, "'(' is not closed; write ')'");
        next();
        return inner;
    }

    Result<RunPredicate> condition(const Word& name) {
        const std::optional<FoundField> field = findQueryField(toLower(name.text));
        if (!field) return wrong(name, unknownWord("field", name.text, fieldNames()).message);
        const Word sign = next();
        const Word value = now();
        if (value.kind != WordKind::Text && value.kind != WordKind::Quoted)
            return wrong(value, "a value is missing after '" + name.text + sign.text + "'");
        next();
        return comparison(*field, sign, value);
    }

    Result<RunPredicate> comparison(const FoundField& field, const Word& sign, const Word& value) {
        std::string wanted = toLower(value.text);
        if (field.kind == Kind::Number || field.kind == Kind::Seconds) {
            const bool time = field.kind == Kind::Seconds;
            const std::optional<double> figure =
                time ? parseNumber(wanted, timeSuffixes) : parseNumber(wanted, countSuffixes);
            const char* example =
                time ? "a time like 90s, 5m, 2h or 3d" : "a number like 8192 or 8k";
            if (!figure)
                return wrong(value, fmt::format("{} is compared with {}; got '{}'", field.name,
                                                example, value.text));
            if (sign.text == "~")
                return wrong(
                    sign, fmt::format("~ asks for a part of a text; {} is a number", field.name));
            return numberCondition(field, sign.text, *figure);
        }
        const bool exact = sign.text == "=" || sign.text == "!=";
        if (field.kind == Kind::Choice && exact &&
            std::ranges::find(field.choices, wanted) == field.choices.end())
            return wrong(value, unknownWord(field.name, value.text, field.choices).message);
        if (field.kind == Kind::Moment) {
            std::ranges::replace(wanted, 't', ' ');
            if (wanted.find_first_not_of("0123456789-: ") != std::string::npos)
                return wrong(value, fmt::format("{} is compared with a day like 2026-11-29, or "
                                                "2026-11-29T06:12; got '{}'",
                                                field.name, value.text));
        }
        return wordsCondition(field, sign.text, std::move(wanted));
    }

    static constexpr int deepest = 100;

    std::vector<Word> words_;
    std::string where_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

struct SortKey {
    FoundField field;
    bool descending = false;
};

// Negative where `a` comes first; a missing value comes last in either direction.
int compared(const Value& a, const Value& b, bool descending) {
    const bool noA = std::holds_alternative<std::monostate>(a);
    const bool noB = std::holds_alternative<std::monostate>(b);
    if (noA || noB) return noA == noB ? 0 : noA ? 1 : -1;
    const int order = a < b ? -1 : b < a ? 1 : 0;
    return descending ? -order : order;
}

}  // namespace
}  // namespace query

Result<RunPredicate> parseRunQuery(std::string_view text, std::string_view where) {
    RINGSCOPE_TRY(std::vector<query::Word> words, query::queryWords(text, where));
    return query::Parser(std::move(words), where).parse();
}

Result<RunOrder> parseRunOrder(std::string_view text, std::string_view where) {
    std::vector<query::SortKey> keys;
    std::size_t column = 1;
    for (const std::string& part : split(text, ',')) {
        std::string_view name = trim(part);
        const bool descending = name.starts_with('-');
        if (descending) name.remove_prefix(1);
        std::optional<query::FoundField> field = query::findQueryField(toLower(name));
        if (!field)
            return Error{ErrorCode::InvalidConfig,
                         query::placeOf(where, column) +
                             unknownWord("field", name, query::fieldNames()).message};
        keys.push_back({std::move(*field), descending});
        column += part.size() + 1;
    }
    return RunOrder([keys = std::move(keys)](std::vector<RunRecord>& runs) {
        std::ranges::stable_sort(runs, [&](const RunRecord& a, const RunRecord& b) {
            for (const query::SortKey& key : keys)
                if (const int order =
                        query::compared(key.field.of(a), key.field.of(b), key.descending))
                    return order < 0;
            return false;
        });
    });
}

std::vector<QueryFieldHelp> queryFieldHelp() {
    std::vector<QueryFieldHelp> help;
    for (const query::QueryField& row : query::fieldRows()) help.push_back({row.name, row.help});
    return help;
}

Error unknownWord(std::string_view what, std::string_view word,
                  const std::vector<std::string>& known) {
    std::string sentence = fmt::format("there is no {} '{}'", what, word);
    if (const std::optional<std::string> near = nearestWord(toLower(word), known))
        return {ErrorCode::InvalidConfig, sentence + "; did you mean '" + *near + "'?"};
    constexpr std::size_t shown = 40;  // of field paths, those of the table suffice
    std::vector<std::string> first = known;
    if (first.size() > shown)
        std::erase_if(first,
                      [](const std::string& name) { return name.find('.') != std::string::npos; });
    return {ErrorCode::InvalidConfig, sentence + "; known: " + join(first, ", ")};
}

}  // namespace ringscope
