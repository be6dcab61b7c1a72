#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::size_t mostSuggestions = 100;  // of a file; more unknown keys get none

bool isOneOf(std::string_view value, std::string_view list) {
    return std::ranges::any_of(split(list, '|'),
                               [&](const std::string& item) { return toLower(value) == item; });
}

std::string nearestKey(std::string_view path, std::span<const KeyRule> rules) {
    if (path.size() > 40) return {};
    std::vector<std::string> known;
    for (const KeyRule& rule : rules)
        if (!rule.path.ends_with('.') && !rule.path.ends_with('_')) known.emplace_back(rule.path);
    const std::optional<std::string> near = nearestWord(path, known);
    return near ? "; did you mean '" + *near + "'?" : "";
}

// "500_000", as Python and YAML 1.1 write numbers.
std::string withoutUnderscores(const std::string& text) {
    const bool number = text.find('_') != std::string::npos &&
                        text.find_first_not_of("0123456789_+-.eE") == std::string::npos &&
                        text.front() != '_' && text.back() != '_' &&
                        text.find("__") == std::string::npos;
    std::string plain = text;
    if (number) std::erase(plain, '_');
    return plain;
}

constexpr std::array listRoles = {
    Role::Betas,     Role::LoraTargets, Role::HierarchicalSizes, Role::Segments,       Role::Rates,
    Role::Window,    Role::Data,        Role::FsdpStrategy,      Role::VisibleDevices, Role::Mode,
    Role::DataSplit, Role::RingClass,   Role::Companion,         Role::ValidationData};

bool takesList(Role role) { return std::ranges::find(listRoles, role) != listRoles.end(); }

// Values to choose from where a script leaves one open. The first is the default.
std::vector<std::string> usualValues(const KeyRule& rule) {
    switch (rule.role) {
        case Role::Size:
        case Role::NodeRanks:
        case Role::World:
            return {"2", "1", "4", "8"};
        case Role::Nodes:
            return {"1", "2", "4"};
        case Role::SeqLen:
            return {"4096", "32768", "131072"};
        case Role::Batch:
        case Role::GlobalBatch:
            return {"1", "2", "4", "8"};
        case Role::Field:
            if (rule.newPath == "train.lr") return {"1e-5", "5e-5", "0.0001"};
            if (rule.newPath == "train.grad_accum") return {"1", "2", "4", "8"};
            return {};
        case Role::Steps:
            return {"10", "100", "1000"};
        default:
            return {};
    }
}

// Applies the rows to the keys of one file.
class KeyReader {
public:
    KeyReader(Draft& draft, const SourceTree& tree, const Source& kind, bool companion)
        : draft_(draft), tree_(tree), kind_(kind), companion_(companion) {}

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
        const KeyRule* rule = ruleOf(kind_, key.ruleName());
        if (rule == nullptr) {
            verdict.reason =
                "no known key of " + std::string(kind_.kind) + " files; left out" +
                (++unknown_ <= mostSuggestions ? nearestKey(key.ruleName(), kind_.rules) : "");
            return;
        }
        verdict.verdict = rule->verdict;
        verdict.newPath = rule->newPath;
        verdict.reason = rule->reason;
        verdict.use = rule->use;
        verdict.versions = rule->versions;
        const bool program = rule->role == Role::Program;  // any word names one; the first counts
        if (program && draft_.keyOf(Role::Program) == nullptr)
            draft_.setRole(Role::Program, draft_.keys.size() - 1);
        if (program || rule->role == Role::None) return readPlain(*rule, key, verdict);
        readValue(*rule, key, verdict);
    }

    static void readPlain(const KeyRule& rule, const SourceKey& key, KeyVerdict& verdict) {
        if (rule.use == KeyUse::Housekeeping || rule.verdict == Verdict::Kept) return;
        if (key.text == "auto" || key.text == "null" || key.text.empty() ||
            (!rule.harmless.empty() && isOneOf(key.text, rule.harmless)))
            hold(verdict, key.text == "auto" ? "auto: the old stack decides it by itself"
                                             : "not in use, so nothing is lost");
    }

    void readValue(const KeyRule& rule, const SourceKey& key, KeyVerdict& verdict) {
        const std::size_t index = draft_.keys.size() - 1;
        if (!key.isScalar && !takesList(rule.role))
            return refuse(verdict, "expected one value; got " + shown(key.text));
        if (key.text == "auto" && rule.role != Role::NodeRanks) {
            verdict.verdict = Verdict::Converted;
            verdict.reason = companion_ ? "auto: follows the file that names this one"
                                        : "auto: the trainer's arguments decide it, and they are "
                                          "not in this file; Ringscope's default is used";
            return;
        }
        if (key.text == "null" || key.text.empty())
            return hold(verdict, "no value, so the default is used");
        if (!rule.harmless.empty() && isOneOf(key.text, rule.harmless))
            return hold(verdict, "not in use, so nothing is lost");
        if (const std::string plain = withoutUnderscores(key.text); plain != key.text)
            draft_.setValue(index, plain);
        const bool named = rule.role == Role::Model || rule.role == Role::Data ||
                           rule.role == Role::ValidationData || rule.role == Role::Tokenizer ||
                           rule.role == Role::Companion;
        if (key.unresolved && !named && !settleOpenValue(rule, key)) return;
        if (rule.role == Role::Field)
            draft_.setField(index);
        else if (rule.role == Role::Name)
            readName(key, verdict);
        else if (rule.role == Role::Companion)
            draft_.companions.push_back(index);
        else
            draft_.setRole(rule.role, index);
    }

    // A value that follows from no constant is asked for. Returns whether there is one.
    bool settleOpenValue(const KeyRule& rule, const SourceKey& key) {
        KeyVerdict& verdict = draft_.keys.back();
        const std::vector<std::string> usual = usualValues(rule);
        if (usual.empty()) {
            const Field* field = findField(rule.newPath);
            refuse(verdict, shown(key.text) + " is no constant of this file" +
                                (field != nullptr ? "; " + std::string(rule.newPath) + " is " +
                                                        field->get(draft_.config()) + " instead"
                                                  : ""));
            return false;
        }
        std::vector<DecisionOption> options;
        for (const std::string& value : usual)
            options.push_back({value, verdict.path + " " + value,
                               std::string(rule.reason.empty() ? rule.newPath : rule.reason)});
        const std::string chosen =
            draft_.decide({.id = "value-" + std::string(key.ruleName()),
                           .question = verdict.path + " is " + shown(key.text) +
                                       ", which is no constant of this file; what is it?",
                           .key = {},
                           .options = std::move(options),
                           .defaultOption = usual.front(),
                           .chosen = {}},
                          &verdict);
        draft_.setValue(draft_.keys.size() - 1, chosen);
        return true;
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
    const Source& kind_;
    bool companion_;
    std::size_t unknown_ = 0;
};

bool isInDraft(const Draft& draft, std::string_view path) {
    return std::ranges::find(draft.keys, path, &KeyVerdict::path) != draft.keys.end();
}

}  // namespace

void readKeys(Draft& draft, const SourceTree& tree, const Source& kind, bool companion) {
    KeyReader(draft, tree, kind, companion).read();
}

void addImpliedDefaults(Draft& draft) {
    for (const ImpliedDefault& implied : draft.source().implied) {
        if (draft.hasOrigin(implied.newPath) || isInDraft(draft, implied.path) ||
            isInDraft(draft, "--" + std::string(implied.path)))
            continue;
        KeyVerdict& verdict = draft.keys.emplace_back();
        verdict.path = implied.path;
        verdict.newPath = implied.newPath;
        verdict.verdict = Verdict::DefaultChanged;
        verdict.old = implied.value;
        verdict.reason = "not in the file; the old stack's default, " + std::string(implied.value) +
                         ", differs from Ringscope's, " +
                         findField(implied.newPath)->get(draft.config());
        if (implied.newPath == "train.seq_len")
            draft.setRole(Role::SeqLen, draft.keys.size() - 1);
        else if (implied.newPath == "train.batch")
            draft.setRole(Role::Batch, draft.keys.size() - 1);
        else
            draft.setField(draft.keys.size() - 1);
    }
}

}  // namespace ringscope
