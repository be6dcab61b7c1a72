#include "backend/config/experiment_file.h"

#include "backend/config/value_text.h"
#include "backend/config/yaml_tree.h"
#include "backend/config/yaml_value.h"
#include "backend/core/text.h"
#include "backend/core/units.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

constexpr std::array<std::string_view, 5> topKeys = {"name", "preset", "matrix", "repeat",
                                                     "baseline"};

bool isSection(std::string_view word) {
    return std::ranges::any_of(fieldTable(),
                               [&](const Field& field) { return sectionOf(field.path) == word; });
}

std::vector<std::string> sectionsAndTopKeys() {
    std::vector<std::string> words(topKeys.begin(), topKeys.end());
    for (const Field& field : fieldTable())
        if (std::ranges::find(words, sectionOf(field.path)) == words.end())
            words.emplace_back(sectionOf(field.path));
    return words;
}

// What stands behind `section` in the paths of its fields.
std::vector<std::string> keysWithin(const std::string& section) {
    std::vector<std::string> keys;
    for (const Field& field : fieldTable())
        if (field.path.starts_with(section + "."))
            keys.emplace_back(field.path.substr(section.size() + 1));
    return keys;
}

// Fields with this last word, wherever they stand.
std::vector<const Field*> fieldsCalled(std::string_view key) {
    std::vector<const Field*> found;
    for (const Field& field : fieldTable())
        if (keyOf(field.path) == key) found.push_back(&field);
    return found;
}

std::string nested(std::string_view path) {
    return std::string(sectionOf(path)) + ": {" + std::string(keyOf(path)) + ": …}";
}

class FileReader {
public:
    FileReader(const std::string& fileName, const YamlNode& root) : fileName_(fileName) {
        if (root.kind == Kind::Map)
            readTop(root);
        else if (root.kind != Kind::Null)
            say(root.at, "expected sections like model: {preset: tiny}; got " + described(root));
    }

    std::string where(TextPosition at) const {
        return fileName_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    ExperimentFile take() { return std::move(file_); }
    std::vector<YamlProblem> takeProblems() { return std::move(problems_); }

private:
    void say(TextPosition at, std::string message) {
        problems_.push_back({at, std::move(message)});
    }

    void readTop(const YamlNode& root) {
        for (std::size_t i = 0; i < root.keys.size(); ++i) {
            const YamlNode& key = root.keys[i];
            const YamlNode& value = root.items[i];
            if (key.text == "name")
                readTopValue(value, "name", parseExperimentName, file_.layer.name);
            else if (key.text == "repeat")
                readTopValue(value, "repeat", parseRepeat, file_.layer.repeat);
            else if (key.text == "preset")
                readPreset(value);
            else if (key.text == "matrix")
                readMatrix(key, value);
            else if (key.text == "baseline")
                readBaseline(key, value);
            else if (isSection(key.text))
                readSection(key.text, value);
            else
                refuseTopKey(key);
        }
    }

    void readPreset(const YamlNode& node) {
        const std::string at = where(node.at);
        const Result<void> added =
            node.kind == Kind::Scalar
                ? addPreset(file_.layer, node.text, at, at)
                : Error{ErrorCode::InvalidConfig, "expected one word; got " + described(node)};
        if (!added.ok()) say(node.at, "preset: " + added.error().message);
    }

    template <typename Value, typename Target>
    void readTopValue(const YamlNode& node, const std::string& key,
                      Result<Value> (*parse)(std::string_view), Target& target) {
        if (node.kind != Kind::Scalar) {
            say(node.at, key + ": expected one value; got " + described(node));
            return;
        }
        Result<Value> value = parse(node.text);
        if (value.ok())
            target = std::move(value).value();
        else
            say(node.at, key + ": " + value.error().message);
    }

    void refuseTopKey(const YamlNode& key) {
        std::string message = "unknown key " + shown(key.text);
        const Field* dotted = findField(key.text);
        const std::vector<const Field*> meant =
            dotted != nullptr ? std::vector{dotted} : fieldsCalled(key.text);
        if (!meant.empty()) {
            message += "; write " + joinedPaths(meant, nested);
        } else {
            const std::string near = suggestion(key.text, sectionsAndTopKeys());
            message += near.empty() ? "; known: " + join(sectionsAndTopKeys(), ", ") : near;
        }
        say(key.at, std::move(message));
    }

    // The fields a misplaced key can mean, and that nothing can be said about any more.
    template <typename Spell>
    std::string joinedPaths(const std::vector<const Field*>& fields, Spell spell) {
        std::vector<std::string> paths;
        for (const Field* field : fields) {
            file_.layer.broken.insert(field);
            paths.push_back(spell(field->path));
        }
        return join(paths, " or ");
    }

    // `section`: also a part of one, whose fields are written pattern: {kind: …} or pattern.kind: …
    void readSection(const std::string& section, const YamlNode& node) {
        if (node.kind == Kind::Null) return;
        if (node.kind != Kind::Map) {
            const std::vector<std::string> keys = keysWithin(section);
            say(node.at, section + ": expected fields like " +
                             nested(section + "." + keys.front()) + "; got " + described(node));
            return;
        }
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            const std::string path = section + "." + node.keys[i].text;
            if (const Field* field = findField(path); field != nullptr)
                readWritten(*field, node.items[i]);
            else if (!keysWithin(path).empty())
                readSection(path, node.items[i]);
            else
                refuseFieldKey(section, node.keys[i]);
        }
    }

    void refuseFieldKey(const std::string& section, const YamlNode& key) {
        const std::vector<std::string> keys = keysWithin(section);
        std::string message = section + ": unknown key " + shown(key.text);
        if (const std::optional<std::string> near = nearestWord(key.text, keys)) {
            file_.layer.broken.insert(findField(section + "." + *near));
            message += "; did you mean '" + *near + "'?";
        } else if (const auto elsewhere = fieldsCalled(key.text); !elsewhere.empty()) {
            message += "; write " + joinedPaths(elsewhere, nested);
        } else {
            message += "; known: " + join(keys, ", ");
        }
        say(key.at, std::move(message));
    }

    void readWritten(const Field& field, const YamlNode& node) {
        const std::string at = where(node.at);
        if (readSetting(field, node, file_.layer.settings))
            addImplied(file_.layer, field, node.text, at, at);
    }

    // Appends the node's value to `into`, or says what is wrong with it.
    bool readSetting(const Field& field, const YamlNode& node, std::vector<Setting>& into) {
        Result<std::string> text = typedText(field, node);
        if (text.ok())
            text = checkedValue(field, currentSpelling(field, *text, where(node.at), file_.layer));
        if (!text.ok()) {
            file_.layer.broken.insert(&field);
            say(node.at, std::string(field.path) + ": " + text.error().message);
            return false;
        }
        into.push_back({&field, std::move(text).value(), where(node.at), where(node.at)});
        return true;
    }

    void readMatrix(const YamlNode& key, const YamlNode& node) {
        file_.matrixWhere = where(key.at);
        readPaths("matrix", "[…]", node,
                  [this](const Field& field, const YamlNode& at, const YamlNode& value) {
                      readAxis(field, at, value);
                  });
    }

    void readBaseline(const YamlNode& key, const YamlNode& node) {
        file_.baselineWhere = where(key.at);
        readPaths("baseline", "…", node,
                  [this](const Field& field, const YamlNode&, const YamlNode& value) {
                      readSetting(field, value, file_.baseline);
                  });
    }

    template <typename Read>
    void readPaths(const std::string& what, const std::string& example, const YamlNode& node,
                   Read read) {
        if (node.kind == Kind::Null) return;
        if (node.kind != Kind::Map) {
            say(node.at, what + ": expected fields like {parallel.mode: " + example + "}; got " +
                             described(node));
            return;
        }
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            const YamlNode& key = node.keys[i];
            if (const Field* field = findField(key.text))
                read(*field, key, node.items[i]);
            else if (isSection(key.text))
                say(key.at, what + ": expected the whole path of a field, like " +
                                std::string(key.text) + "." + keysWithin(key.text).front() +
                                "; got " + shown(key.text));
            else
                refusePath(what, key);
        }
    }

    void refusePath(const std::string& what, const YamlNode& key) {
        const auto meant = fieldsCalled(key.text);
        const auto whole = [](std::string_view path) { return std::string(path); };
        say(key.at, what + ": unknown field " + shown(key.text) +
                        (meant.empty() ? suggestion(key.text, allPaths())
                                       : "; write " + joinedPaths(meant, whole)));
    }

    void readAxis(const Field& field, const YamlNode& key, const YamlNode& node) {
        FileAxis axis{.field = &field, .values = {}};
        if (node.kind != Kind::List) {
            readSetting(field, node, axis.values);
        } else if (node.items.empty()) {
            file_.layer.broken.insert(&field);
            say(key.at, std::string(field.path) + ": expected at least one value; got []");
        } else if (node.items.size() > static_cast<std::size_t>(largestExperiment)) {
            // Counted first: each value is compared with those before it.
            file_.layer.broken.insert(&field);
            say(key.at, std::string(field.path) + ": expected at most " +
                            formatCount(largestExperiment) +
                            " values, as an experiment has runs; got " +
                            formatCount(static_cast<std::int64_t>(node.items.size())));
        } else if (takesList(field) && std::ranges::all_of(node.items, isNoListValue)) {
            file_.layer.broken.insert(&field);
            say(node.at, std::string(field.path) + ": expected a list of lists like " +
                             exampleOfLists(field.type) + "; got a list of single values");
        } else {
            for (const YamlNode& item : node.items) readAxisValue(axis, item);
        }
        if (!axis.values.empty()) file_.axes.push_back(std::move(axis));
    }

    static std::string exampleOfLists(FieldType type) {
        if (type == FieldType::StepRange) return "[[0, 3], [3, 6]]";
        if (type == FieldType::RealList) return "[[1.0, 1.5], [2.0]]";
        return type == FieldType::IntegerList ? "[[0, 3], [1]]" : "[[a, b], [c]]";
    }

    static bool isNoListValue(const YamlNode& node) { return node.kind == Kind::Scalar; }

    void readAxisValue(FileAxis& axis, const YamlNode& node) {
        if (!readSetting(*axis.field, node, axis.values)) return;
        sayWhatAnAxisLeavesOut(*axis.field, node);
        const Setting& added = axis.values.back();
        const auto same = std::ranges::find(axis.values, added.value, &Setting::value);
        if (same == axis.values.end() - 1) return;
        say(node.at, std::string(axis.field->path) + ": " + shown(added.value) +
                         " is listed twice; remove one, or use repeat: 2");
        axis.values.pop_back();
    }

    // A value of an axis sets one field.
    void sayWhatAnAxisLeavesOut(const Field& field, const YamlNode& node) {
        SettingLayer alone;
        addImplied(alone, field, node.text, {}, {});
        for (const Setting& setting : alone.implied)
            file_.layer.warnings.push_back(
                {where(node.at), "in a matrix, " + shown(node.text) + " does not set " +
                                     std::string(setting.field->path) + "; set it to " +
                                     setting.value + ", or vary it, too"});
    }

    const std::string& fileName_;
    ExperimentFile file_;
    std::vector<YamlProblem> problems_;
};

}  // namespace

ExperimentFile parseExperimentFile(const std::string& fileName, std::string_view text) {
    YamlReading yaml = readYaml(text);
    FileReader reader(fileName, yaml.root);
    std::vector<YamlProblem> problems = std::move(yaml.problems);
    std::ranges::move(reader.takeProblems(), std::back_inserter(problems));
    std::ranges::stable_sort(problems, {}, &YamlProblem::at);

    ExperimentFile file = reader.take();
    file.complete = !yaml.broken;
    file.empty = problems.empty() && yaml.root.kind == Kind::Null;
    for (YamlProblem& problem : problems)
        file.layer.problems.push_back({reader.where(problem.at), std::move(problem.message)});
    return file;
}

}  // namespace ringscope
