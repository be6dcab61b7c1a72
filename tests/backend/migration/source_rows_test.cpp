// Every row of every source: what becomes of its key in a file that has it.
#include "tests/backend/migration/migrating.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/migration/key_rules.h"
#include "backend/migration/source_table.h"
#include "backend/migration/source_tree.h"

#include <gmock/gmock.h>
#include <set>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A file as a tree of keys.
struct Keys {
    std::map<std::string, Keys> below{};
    std::string value{};

    void set(const std::string& path, const std::string& text) {
        Keys* at = this;
        for (const std::string& part : split(path, '.')) at = &at->below[part];
        at->value = text;
    }
    std::string yaml(int depth = 0) const {
        std::string text;
        for (const auto& [key, keys] : below)
            text += std::string(static_cast<std::size_t>(2 * depth), ' ') + key + ":" +
                    (keys.below.empty() ? " " + keys.value + "\n" : "\n" + keys.yaml(depth + 1));
        return text;
    }
};

// A key that the row covers: the beginning of many is made a whole one.
std::string keyOf(std::string_view path) {
    const bool beginning = path.ends_with('.') || path.ends_with('_');
    return std::string(path) + (beginning ? "something" : "");
}

// The least that makes a file one of this kind: all its decisive marks.
Keys fileOf(const Source& source) {
    Keys keys;
    for (const Mark& mark : source.marks)
        if (mark.decisive)
            keys.set(keyOf(mark.path), std::string(mark.value.empty() ? "1" : mark.value));
    if (keys.below.empty())
        for (const Mark& mark : source.marks) keys.set(keyOf(mark.path), "1");
    return keys;
}

// Whether the key would stand where the file has a section, or below one of its values.
bool fits(const Keys& file, const std::string& path) {
    const Keys* at = &file;
    for (const std::string& part : split(path, '.')) {
        const auto next = at->below.find(part);
        if (next == at->below.end()) return at->below.empty() ? at->value.empty() : true;
        at = &next->second;
    }
    return at->below.empty();
}

std::vector<const Source*> oldKinds() {
    std::vector<const Source*> kinds;
    for (const Source& source : sourceTable())
        if (source.kind != ringscopeKind) kinds.push_back(&source);
    return kinds;
}

// Calls check(source, rule, verdict) for a file of each kind with a key of each of its rows.
template <typename Value, typename Check>
void forEveryRow(Value value, Check check) {
    int seen = 0;
    std::set<std::pair<std::string_view, const char*>> known;  // rows that several kinds share
    for (const Source* source : oldKinds()) {
        for (const KeyRule& rule : source->rules) {
            if (!known.insert({rule.path, rule.reason.data()}).second) continue;
            Keys file = fileOf(*source);
            const std::string key = keyOf(rule.path);
            // Of two rows for a key the first counts.
            if (!fits(file, key) || ruleOf(*source, key) != &rule) continue;
            const std::string text = value(rule);
            if (text.empty()) continue;
            file.set(key, text);
            const Result<Migration> migration = migrate(inputOf(file.yaml()), defaultAnswers);
            ASSERT_TRUE(migration.ok()) << file.yaml() << migration.error().message;
            if (migration->source.kind != source->kind) continue;  // the key makes it another kind
            check(*source, rule, verdictOn(*migration, key));
            ++seen;
        }
    }
    EXPECT_GT(seen, 10);
}

TEST(SourceRows, AreOfKindsThatAreRecognisedByTheirMarks) {
    for (const Source* source : oldKinds()) {
        const Recognition found =
            recognise(readSource({"old.yaml", fileOf(*source).yaml()}).value());
        ASSERT_NE(found.source, nullptr) << source->kind;
        EXPECT_EQ(found.source->kind, source->kind);
        EXPECT_GT(found.guess.confidence, 0.3) << source->kind;
        EXPECT_LT(found.guess.confidence, 1.0) << source->kind;
        EXPECT_THAT(found.guess.reason, HasSubstr("(line ")) << source->kind;
    }
}

TEST(SourceRows, GiveEveryKeyAVerdictAndAReason) {
    forEveryRow([](const KeyRule&) { return std::string("1"); },
                [](const Source& source, const KeyRule& rule, const KeyVerdict& key) {
                    EXPECT_NE(key.verdict, Verdict::Unknown) << source.kind << ": " << rule.path;
                    EXPECT_FALSE(key.reason.empty()) << source.kind << ": " << rule.path;
                    EXPECT_GT(key.line, 0) << source.kind << ": " << rule.path;
                });
}

TEST(SourceRows, OfFieldsTakeAFieldsValueAsItIs) {
    forEveryRow(
        [](const KeyRule& rule) {
            const bool taken = rule.role == Role::Field && findField(rule.newPath) != nullptr;
            const std::string value = taken ? findField(rule.newPath)->get(RunConfig{}) : "";
            return value == "null" ? "" : value;
        },
        [](const Source& source, const KeyRule& rule, const KeyVerdict& key) {
            EXPECT_EQ(key.verdict, Verdict::Renamed) << source.kind << ": " << key.reason;
            EXPECT_EQ(key.newPath, rule.newPath);
            EXPECT_EQ(key.newValue, findField(rule.newPath)->get(RunConfig{})) << rule.path;
        });
}

TEST(SourceRows, OfFieldsSayWhatIsWrongWithAValue) {
    forEveryRow(
        [](const KeyRule& rule) {
            RunConfig probe;
            const bool taken =
                rule.role == Role::Field && !findField(rule.newPath)->set(probe, "perhaps").ok();
            return taken ? "perhaps" : "";
        },
        [](const Source& source, const KeyRule& rule, const KeyVerdict& key) {
            EXPECT_EQ(key.verdict, Verdict::Dangerous) << source.kind << ": " << rule.path;
            EXPECT_THAT(key.reason, HasSubstr("'perhaps'")) << rule.path;
            EXPECT_THAT(key.reason, HasSubstr(std::string(rule.newPath) + " is ")) << rule.path;
        });
}

TEST(SourceRows, OfHazardsAreKeptWhereTheValueChangesNothing) {
    int hazards = 0;
    std::set<std::pair<std::string_view, const char*>> known;
    for (const Source* source : oldKinds()) {
        for (const KeyRule& rule : source->rules) {
            const bool hazard = rule.verdict == Verdict::Dangerous && !rule.harmless.empty() &&
                                known.insert({rule.path, rule.reason.data()}).second &&
                                fits(fileOf(*source), keyOf(rule.path));
            if (!hazard) continue;
            for (const std::string& value : split(rule.harmless, '|')) {
                Keys file = fileOf(*source);
                file.set(keyOf(rule.path), value);
                const KeyVerdict key = verdictOn(migrated(file.yaml()), keyOf(rule.path));
                EXPECT_EQ(key.verdict, Verdict::Kept) << rule.path << ": " << value;
                ++hazards;
            }
            Keys file = fileOf(*source);
            file.set(keyOf(rule.path), "0.25");
            EXPECT_EQ(verdictOn(migrated(file.yaml()), keyOf(rule.path)).verdict,
                      Verdict::Dangerous)
                << rule.path;
        }
    }
    EXPECT_GE(hazards, 5);
}

TEST(SourceRows, LeaveAKeyWithoutAValueToTheDefault) {
    forEveryRow([](const KeyRule& rule) { return rule.role == Role::Field ? "null" : ""; },
                [](const Source& source, const KeyRule& rule, const KeyVerdict& key) {
                    EXPECT_EQ(key.verdict, Verdict::Kept) << source.kind << ": " << rule.path;
                    EXPECT_EQ(key.reason, "no value, so the default is used") << rule.path;
                });
}

TEST(SourceRows, RefuseAListWhereOneValueIsWanted) {
    const auto takesOne = [](const KeyRule& rule) {
        return rule.role == Role::Field || rule.role == Role::Size || rule.role == Role::SeqLen ||
               rule.role == Role::Batch || rule.role == Role::Steps || rule.role == Role::Model ||
               rule.role == Role::Bf16;
    };
    forEveryRow([&](const KeyRule& rule) { return takesOne(rule) ? "[1, 2]" : ""; },
                [](const Source& source, const KeyRule& rule, const KeyVerdict& key) {
                    EXPECT_EQ(key.verdict, Verdict::Dangerous) << source.kind << ": " << rule.path;
                    EXPECT_THAT(key.reason, StartsWith("expected one value; got '[1, 2]'"))
                        << rule.path;
                });
}

TEST(SourceRows, LeaveAutoToTheFileThatNamesADeepSpeedFile) {
    MigrationInput input = inputOf(baseText(2, "deepspeed: ds.json\n"));
    input.companions = {{"ds.json", R"({"train_micro_batch_size_per_gpu": "auto"})"}};
    const KeyVerdict beside = verdictOn(migrated(input), "train_micro_batch_size_per_gpu");
    EXPECT_EQ(beside.reason, "auto: follows the file that names this one");
    const KeyVerdict alone =
        verdictOn(migrated(inputOf(R"({"train_micro_batch_size_per_gpu": "auto"})", "ds.json")),
                  "train_micro_batch_size_per_gpu");
    EXPECT_THAT(alone.reason, HasSubstr("Ringscope's default is used"));
}

TEST(SourceRows, OfTheForkAreAllThoseOfItsOriginAndMore) {
    for (const KeyRule& rule : llamaFactoryRules()) {
        const KeyRule* same = findRule(llamaFactoryAlstRules(), keyOf(rule.path));
        ASSERT_NE(same, nullptr) << rule.path;
        EXPECT_EQ(same->reason, rule.reason) << rule.path;
    }
    EXPECT_GT(llamaFactoryAlstRules().size(), llamaFactoryRules().size());
}

}  // namespace
}  // namespace ringscope
