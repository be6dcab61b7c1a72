#include "backend/trace/chrome/kernel_rules.h"

#include "backend/core/files.h"
#include "backend/core/text.h"
#include "embedded/kernelClasses.h"

#include <fmt/format.h>
#include <cassert>
#include <optional>
#include <sstream>

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

Result<KernelRules> KernelRules::parse(std::string_view text) {
    KernelRules rules;
    int number = 0;
    for (const std::string& line : split(text, '\n')) {
        ++number;
        std::istringstream words{std::string(trim(line))};
        std::string kind;
        std::string pattern;
        std::string operation;
        std::string more;
        words >> kind >> pattern >> operation >> more;
        if (kind.empty() || kind.starts_with('#')) continue;
        const std::optional<SpanKind> known = classNamed(kind);
        if (!known)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("line {}: '{}' is no class of kernels; it is attention, "
                                     "compute, transfer or copy",
                                     number, kind)};
        if (pattern.empty() || !more.empty())
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("line {}: a line is a class, a kernel's name with '*' for "
                                     "anything, and at most an operation",
                                     number)};
        KernelMeaning meaning{*known, usualOperation(*known)};
        if (!operation.empty()) {
            const std::optional<Operation> named = operationNamed(operation);
            if (!named)
                return Error{ErrorCode::InvalidConfig,
                             fmt::format("line {}: '{}' is no operation; for a transfer it is "
                                         "all-to-all, all-gather, reduce-scatter, all-reduce, "
                                         "barrier, send or receive",
                                         number, operation)};
            meaning.operation = *named;
        }
        rules.rules_.push_back({toLower(pattern), meaning});
    }
    return rules;
}

const KernelRules& KernelRules::builtIn() {
    static const KernelRules rules = [] {
        Result<KernelRules> parsed = parse(embedded::kernelClasses);
        assert(parsed.ok());
        return std::move(*parsed);
    }();
    return rules;
}

Result<KernelRules> KernelRules::read(const std::filesystem::path& file) {
    RINGSCOPE_TRY(const std::string text, readTextFile(file));
    Result<KernelRules> own = parse(text);
    if (!own.ok()) return std::move(own).error().in("'" + file.string() + "'");
    const std::vector<Rule>& others = builtIn().rules_;
    own->rules_.insert(own->rules_.end(), others.begin(), others.end());
    return own;
}

KernelMeaning KernelRules::meaningOf(std::string_view kernel) const {
    const std::string name = toLower(kernel);
    for (const Rule& rule : rules_)
        if (fits(rule.pattern, name)) return rule.meaning;
    return {};
}

}  // namespace ringscope
