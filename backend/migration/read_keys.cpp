#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::size_t mostSuggestions = 100;  // of a file; more unknown keys get none

bool isOneOf(std::string_view value, std::string_view list) {
    return std::ranges::any_of(split(list, '|'),
                               [&](const std::string& item) { return toLower(value) == item; });
}

const KeyRule* ruleFor(const Source& source, std::span<const KeyRule> rules,
                       std::string_view path) {
    const std::string_view nested = source.nestedDeepSpeed;
    if (!nested.empty() && path.starts_with(nested))
        return findRule(deepSpeedRules(), path.substr(nested.size()));
    return findRule(rules, path);
}

std::string nearestKey(std::string_view path, std::span<const KeyRule> rules) {
    if (path.size() > 40) return {};
    std::vector<std::string> known;
    for (const KeyRule& rule : rules)
        if (!rule.path.ends_with('.') && !rule.path.ends_with('_')) known.emplace_back(rule.path);
    const std::optional<std::string> near = nearestWord(path, known);
    return near ? "; did you mean '" + *near + "'?" : "";
}

std::string optimizerReason(const std::string& name) {
    const std::string word = toLower(name);
    const bool adam =
        word.find("adam") != std::string::npos && word.find("8bit") == std::string::npos;
    return adam ? "AdamW is Ringscope's optimizer, on the rank's own device"
                : "Ringscope trains with AdamW: losses and optimizer memory differ";
}

// Applies the rows to the keys of one file.
class KeyReader {
public:
    KeyReader(Draft& draft, const SourceTree& tree, std::span<const KeyRule> rules, bool companion)
        : draft_(draft), tree_(tree), rules_(rules), companion_(companion) {}

    void read() {
        for (const SourceKey& key : tree_.keys) readKey(key);
    }

private:
    void readKey(const SourceKey& key) {
        KeyVerdict& verdict = draft_.keys.emplace_back();
        verdict.file = tree_.file;
        verdict.path = key.path;
        verdict.line = key.at.line;
        verdict.column = key.at.column;
        verdict.old = key.text;
        const KeyRule* rule = ruleFor(draft_.source(), rules_, key.path);
        if (rule == nullptr) {
            verdict.reason = "no known key of " + std::string(draft_.source().kind) +
                             " files; left out" +
                             (++unknown_ <= mostSuggestions ? nearestKey(key.path, rules_) : "");
            return;
        }
        verdict.verdict = rule->verdict;
        verdict.newPath = rule->newPath;
        verdict.reason = rule->reason;
        if (rule->verdict == Verdict::Dangerous && isOneOf(key.text, rule->harmless)) {
            verdict.verdict = Verdict::Dropped;
            verdict.reason = "not in use, so nothing is lost";
        }
        if (rule->role != Role::None) readValue(*rule, key, verdict);
    }

    void readValue(const KeyRule& rule, const SourceKey& key, KeyVerdict& verdict) {
        const std::size_t index = draft_.keys.size() - 1;
        if (!key.isScalar && rule.role != Role::Betas) {
            refuse(verdict, "expected one value; got " + shown(key.text));
        } else if (key.text == "auto") {
            verdict.verdict = Verdict::Converted;
            verdict.reason = companion_ ? "auto: follows the file that names this one"
                                        : "auto: the trainer's arguments decide it, and they are "
                                          "not in this file; Ringscope's default is used";
        } else if (key.text == "null" || key.text.empty()) {
            verdict.verdict = Verdict::Dropped;
            verdict.reason = "no value, so the default is used";
        } else if (rule.role == Role::Field) {
            draft_.setField(index);
        } else if (rule.role == Role::Optimizer) {
            verdict.reason = optimizerReason(key.text);
        } else if (rule.role == Role::Name) {
            readName(key, verdict);
        } else {
            draft_.setRole(rule.role, index);
        }
    }

    void readName(const SourceKey& key, KeyVerdict& verdict) {
        Result<std::string> name = parseExperimentName(key.text);
        if (name.ok())
            draft_.name = std::move(name).value();
        else
            refuse(verdict, name.error().message + "; the file's name is used");
    }

    static void refuse(KeyVerdict& verdict, std::string reason) {
        verdict.verdict = Verdict::Dangerous;
        verdict.newPath.clear();
        verdict.reason = std::move(reason);
    }

    Draft& draft_;
    const SourceTree& tree_;
    std::span<const KeyRule> rules_;
    bool companion_;
    std::size_t unknown_ = 0;
};

bool isListed(const Draft& draft, std::string_view path) {
    return std::ranges::find(draft.keys, path, &KeyVerdict::path) != draft.keys.end();
}

}  // namespace

void readKeys(Draft& draft, const SourceTree& tree, std::span<const KeyRule> rules,
              bool companion) {
    KeyReader(draft, tree, rules, companion).read();
}

void addImpliedDefaults(Draft& draft) {
    for (const ImpliedDefault& implied : draft.source().implied) {
        if (draft.hasOrigin(implied.newPath) || isListed(draft, implied.path)) continue;
        KeyVerdict& verdict = draft.keys.emplace_back();
        verdict.path = implied.path;
        verdict.newPath = implied.newPath;
        verdict.verdict = Verdict::Converted;
        verdict.old = implied.value;
        verdict.reason = "not in the file; the old stack's default, " + std::string(implied.value) +
                         ", differs from Ringscope's, " +
                         findField(implied.newPath)->get(draft.config());
        if (implied.newPath == "train.seq_len")
            draft.setRole(Role::SeqLen, draft.keys.size() - 1);
        else
            draft.setField(draft.keys.size() - 1);
    }
}

}  // namespace ringscope
