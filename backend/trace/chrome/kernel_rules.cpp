#include "backend/trace/chrome/kernel_rules.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/core/text.h"
#include "backend/trace/trace_files.h"
#include "embedded/kernelClasses.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <system_error>

namespace ringscope {
namespace {

constexpr std::array classes = {SpanKind::Attention, SpanKind::Compute, SpanKind::Transfer,
                                SpanKind::Copy};

std::optional<SpanKind> classNamed(std::string_view name) {
    for (SpanKind kind : classes)
        if (spanKindName(kind) == name) return kind;
    return std::nullopt;
}

std::optional<Operation> operationNamed(std::string_view name) {
    for (int i = 0; i < operationCount; ++i)
        if (operationName(static_cast<Operation>(i)) == name) return static_cast<Operation>(i);
    return std::nullopt;
}

Operation usualOperation(SpanKind kind) {
    switch (kind) {
        case SpanKind::Attention:
            return Operation::Block;
        case SpanKind::Copy:
            return Operation::Pack;
        case SpanKind::Transfer:
            return Operation::None;
        default:
            return Operation::Kernel;
    }
}

// '*' stands for any number of any characters.
bool fits(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace

namespace {

struct Word {
    std::string text{};
    int column = 1;
};

std::vector<Word> wordsOf(const std::string& line) {
    std::vector<Word> words;
    for (std::size_t at = 0; at < line.size();) {
        at = line.find_first_not_of(" \t\r", at);
        if (at == std::string::npos) break;
        const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
        words.push_back({line.substr(at, end - at), static_cast<int>(at) + 1});
        at = end;
    }
    return words;
}

std::string classNames() {
    std::vector<std::string> names;
    for (const SpanKind kind : classes) names.emplace_back(spanKindName(kind));
    return join(names, ", ");
}

}  // namespace

Result<KernelRules> KernelRules::parse(std::string_view text, const std::string& file) {
    KernelRules rules;
    int number = 0;
    for (const std::string& line : split(text, '\n')) {
        ++number;
        const std::vector<Word> words = wordsOf(line);
        if (words.empty() || words.front().text.starts_with('#')) continue;
        const auto wrong = [&](int column, const std::string& what) {
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{}:{}:{}: {}", file, number, column, what)};
        };
        const std::optional<SpanKind> known = classNamed(words.front().text);
        if (!known)
            return wrong(words.front().column,
                         fmt::format("'{}' is no class of kernels; expected one of {}",
                                     words.front().text, classNames()));
        if (words.size() < 2)
            return wrong(static_cast<int>(line.size()) + 1,
                         "a kernel's name is missing; '*' in it stands for anything");
        if (words.size() > 3)
            return wrong(words[3].column,
                         fmt::format("'{}' is too much: a line is a class, a kernel's name with "
                                     "'*' for anything, spaces too, and at most an operation",
                                     words[3].text));
        KernelMeaning meaning{*known, usualOperation(*known)};
        if (words.size() == 3) {
            const std::optional<Operation> named = operationNamed(words[2].text);
            if (!named)
                return wrong(words[2].column,
                             fmt::format("'{}' is no operation; for a transfer it is all-to-all, "
                                         "all-gather, reduce-scatter, all-reduce, barrier, send or "
                                         "receive",
                                         words[2].text));
            meaning.operation = *named;
        }
        rules.rules_.push_back({toLower(words[1].text), meaning, file, number});
    }
    return rules;
}

const KernelRules& KernelRules::builtIn() {
    static const KernelRules rules = [] {
        Result<KernelRules> parsed = parse(embedded::kernelClasses, "");
        assert(parsed.ok());
        return std::move(*parsed);
    }();
    return rules;
}

Result<KernelRules> KernelRules::read(const std::filesystem::path& file) {
    RINGSCOPE_TRY(const std::string text, readTextFile(file));
    RINGSCOPE_TRY(KernelRules own, parse(text, file.string()));
    own.append(builtIn());
    return own;
}

Result<KernelRules> KernelRules::known(const std::filesystem::path& first) {
    KernelRules all;
    if (!first.empty()) {
        RINGSCOPE_TRY(const std::string text, readTextFile(first));
        RINGSCOPE_TRY(all, parse(text, first.string()));
    }
    std::error_code failed;
    if (const std::filesystem::path own = kernelRuleFile(); std::filesystem::exists(own, failed)) {
        RINGSCOPE_TRY(const std::string text, readTextFile(own));
        RINGSCOPE_TRY(const KernelRules mine, parse(text, own.string()));
        all.append(mine);
    }
    all.append(builtIn());
    return all;
}

void KernelRules::append(const KernelRules& others) {
    rules_.insert(rules_.end(), others.rules_.begin(), others.rules_.end());
}

const KernelRule* KernelRules::ruleFor(std::string_view kernel) const {
    const std::string name = toLower(kernel);
    for (const KernelRule& rule : rules_)
        if (fits(rule.pattern, name)) return &rule;
    return nullptr;
}

KernelMeaning KernelRules::meaningOf(std::string_view kernel) const {
    const KernelRule* rule = ruleFor(kernel);
    return rule == nullptr ? KernelMeaning{} : rule->meaning;
}

Result<void> saveKernelRule(const std::filesystem::path& file, const std::string& line) {
    RINGSCOPE_TRY(const KernelRules added, KernelRules::parse(line, "the rule"));
    if (added.rules().size() != 1)
        return Error{ErrorCode::InvalidConfig, "a rule is one line that is no remark"};
    std::string text =
        "# Rules of your own for kernels' names in traces of other tools; the first that fits "
        "counts.\n"
        "# class    name                         as\n";
    std::error_code failed;
    if (std::filesystem::exists(file, failed)) {
        RINGSCOPE_TRY(text, readTextFile(file));
        RINGSCOPE_TRY(const KernelRules own, KernelRules::parse(text, file.string()));
        for (const KernelRule& rule : own.rules())
            if (rule.pattern == added.rules().front().pattern)
                return Error{ErrorCode::InvalidConfig,
                             fmt::format("{}:{} has a rule for '{}' already; change it there",
                                         file.string(), rule.line, rule.pattern)};
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
    }
    std::filesystem::create_directories(file.parent_path(), failed);
    return writeOutput(file, text + line + '\n');
}

}  // namespace ringscope
