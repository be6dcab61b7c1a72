#include "backend/migration/source_tree.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/json_tree.h"
#include "backend/migration/python_calls.h"
#include "backend/migration/shell_source.h"
#include "backend/migration/toml_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t mostKeys = 5000;
constexpr int deepestKey = 12;  // what lies deeper is shown as one value
constexpr std::size_t longestKey = 120;
constexpr std::size_t longestValue = 200;

std::string place(const std::string& file, TextPosition at) {
    return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

// At most `longest` bytes on one line; never half a character.
std::string cut(std::string_view text, std::size_t longest) {
    std::string line;
    for (const char c : text.substr(0, longest)) line += c == '\n' || c == '\t' ? ' ' : c;
    if (text.size() <= longest) return line;
    while (!line.empty() && !isPrintable(line)) line.pop_back();
    return line + "…";
}

// Writes into `line` until it has more than longestValue bytes.
void writeFlow(const YamlNode& node, int depth, std::string& line) {
    if (line.size() > longestValue || depth > deepestKey) return;
    if (node.kind == Kind::Null) line += "null";
    if (node.kind == Kind::Scalar) line += cut(node.text, longestValue);
    if (node.kind != Kind::List && node.kind != Kind::Map) return;
    const bool map = node.kind == Kind::Map;
    line += map ? '{' : '[';
    for (std::size_t i = 0; i < node.items.size() && line.size() <= longestValue; ++i) {
        if (i > 0) line += ", ";
        if (map) line += cut(node.keys[i].text, longestKey) + ": ";
        writeFlow(node.items[i], depth + 1, line);
    }
    line += map ? '}' : ']';
}

std::string flowText(const YamlNode& node) {
    std::string line;
    writeFlow(node, 0, line);
    return cut(line, longestValue);
}

bool isLeaf(const YamlNode& node, int depth) {
    return node.kind != Kind::Map || node.items.empty() || depth >= deepestKey;
}

void collect(const YamlNode& map, const std::string& prefix, int depth, SourceTree& tree) {
    for (std::size_t i = 0; i < map.keys.size() && tree.keys.size() <= mostKeys; ++i) {
        const YamlNode& item = map.items[i];
        const std::string path = prefix + cut(map.keys[i].text, longestKey);
        if (isLeaf(item, depth))
            tree.keys.push_back({.path = path,
                                 .at = map.keys[i].at,
                                 .text = flowText(item),
                                 .isScalar = item.kind == Kind::Scalar || item.kind == Kind::Null,
                                 .valueAt = item.at});
        else
            collect(item, path + ".", depth + 1, tree);
    }
}

// A map of options, as Megatron-LM's tests have it: "MODEL_ARGS.--num-layers" is the option of a
// command, "ENV_VARS.NCCL_DEBUG" a variable.
void nameOptions(SourceKey& key) {
    constexpr std::string_view variables = "ENV_VARS.";
    if (key.path.starts_with(variables)) {
        key.rule = "env." + key.path.substr(variables.size());
        return;
    }
    const std::size_t option = key.path.find(".--");
    if (option == std::string::npos) return;
    key.rule = key.path.substr(option + 3);
    std::ranges::replace(key.rule, '-', '_');
}

// "${model.hidden_size}" is another key's value, "${.hidden_size}" that of a neighbour; "???" says
// that a value must be given.
void resolve(SourceKey& key, const SourceTree& tree) {
    if (!key.isScalar) return;
    if (key.text == "???") key.text.clear();
    for (int depth = 0; depth < deepestKey && key.text.starts_with("${"); ++depth) {
        key.unresolved = true;
        if (!key.text.ends_with('}')) return;
        std::string name = key.text.substr(2, key.text.size() - 3);
        if (name.starts_with('.'))
            name = key.path.substr(0, key.path.rfind('.') + 1) + name.substr(1);
        const SourceKey* other = tree.find(name);
        if (other == nullptr || other == &key || !other->isScalar) return;
        key.text = other->text;
        key.unresolved = false;
    }
}

struct Extension {
    std::string_view name;
    SourceFormat format;
};
constexpr std::array extensions = {
    Extension{".json", SourceFormat::Json},    Extension{".hjson", SourceFormat::Json},
    Extension{".yaml", SourceFormat::Yaml},    Extension{".yml", SourceFormat::Yaml},
    Extension{".toml", SourceFormat::Toml},    Extension{".sh", SourceFormat::Shell},
    Extension{".bash", SourceFormat::Shell},   Extension{".slurm", SourceFormat::Shell},
    Extension{".sbatch", SourceFormat::Shell}, Extension{".py", SourceFormat::Python},
};

// The first line that is neither empty nor a comment.
std::string_view firstLine(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trim(text.substr(0, end));
        if (!line.empty() && !line.starts_with('#')) return line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

// "[table]" or "key = value", which neither YAML nor a shell script begins with.
bool beginsAsToml(std::string_view line) {
    if (line.starts_with('[') && line.ends_with(']')) return line.find(',') == std::string::npos;
    const std::size_t equals = line.find(" = ");
    return equals != std::string_view::npos && line.find(':') > equals;
}

SourceFormat formatOfText(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (trim(text).starts_with('{')) return SourceFormat::Json;
    if (text.starts_with("#!"))
        return text.substr(0, text.find('\n')).find("python") != std::string_view::npos
                   ? SourceFormat::Python
                   : SourceFormat::Shell;
    const std::string_view line = firstLine(text);
    if (beginsAsToml(line)) return SourceFormat::Toml;
    if (looksLikeCommands(text)) return SourceFormat::Shell;
    if (looksLikePython(text)) return SourceFormat::Python;
    return SourceFormat::Yaml;
}

Error refusal(const std::string& where, const std::string& what) {
    return {ErrorCode::InvalidConfig, where + what};
}

// Control characters and broken UTF-8 are refused before a parser sees them.
Result<void> checkText(const SourceFile& file) {
    if (file.text.size() > largestSource)
        return refusal(file.name + ": ",
                       "a configuration holds at most " +
                           formatBytes({static_cast<std::int64_t>(largestSource)}) +
                           "; this file has " + formatBytes({std::ssize(file.text)}));
    const SourceText source(file.text);
    const std::size_t bad = source.firstForbidden();
    if (bad < source.text().size())
        return refusal(place(file.name, source.positionOf(bad)),
                       "a byte that is no text; this is no configuration in UTF-8");
    return {};
}

std::string base64Bytes(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (char c : text) {
        if (c == '=' || c == '\n' || c == '\r') continue;
        if (c == '-') c = '+';
        if (c == '_') c = '/';
        const std::size_t value = plain.find(c);
        if (value == std::string_view::npos) return {};
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        if ((count += 6) < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
    }
    return bytes;
}

Result<void> readNodes(YamlReading reading, const std::string& file, SourceTree& tree) {
    if (!reading.problems.empty()) {
        const YamlProblem& first =
            *std::ranges::min_element(reading.problems, {}, &YamlProblem::at);
        return refusal(place(file, first.at), first.message);
    }
    if (reading.root.kind != Kind::Map)
        return Error{ErrorCode::NotFound,
                     file + ": expected a configuration with keys; the file holds " +
                         std::string(reading.root.kind == Kind::Null   ? "nothing"
                                     : reading.root.kind == Kind::List ? "a list"
                                                                       : "a single text")};
    collect(reading.root, "", 0, tree);
    for (SourceKey& key : tree.keys) resolve(key, tree);
    for (SourceKey& key : tree.keys) nameOptions(key);
    tree.root = std::move(reading.root);
    return {};
}

// An option's value that is a JSON object: '{"min_lr_rate": 0.1}' has a key for each of its own.
bool addObject(const SourceKey& key, SourceTree& tree) {
    if (!key.text.starts_with('{') || key.unresolved) return false;
    const YamlReading reading = readJson(key.text).tree;
    if (!reading.problems.empty() || reading.root.kind != Kind::Map || reading.root.items.empty())
        return false;
    SourceTree inner{.file = tree.file, .keys = {}};
    collect(reading.root, std::string(key.ruleName()) + ".", 0, inner);
    for (SourceKey& part : inner.keys) {
        part.rule = part.path;
        part.path = key.path + part.path.substr(key.ruleName().size());
        part.at = key.at;
        part.valueAt = key.valueAt;
        tree.keys.push_back(std::move(part));
    }
    return true;
}

Result<void> readShellKeys(const std::string& file, const std::string& text, SourceTree& tree) {
    ShellSource shell = readShellSource(text);
    if (shell.startsNothing)
        return Error{ErrorCode::NotFound, file + ": " + shell.problem->message};
    if (shell.problem) return refusal(place(file, shell.problem->at), shell.problem->message);
    for (SourceKey& key : shell.keys) {
        if (addObject(key, tree)) continue;
        key.path = cut(key.path, longestKey);
        key.text = cut(key.text, longestValue);
        tree.keys.push_back(std::move(key));
    }
    for (const YamlProblem& note : shell.notes)
        tree.notes.push_back(place(file, note.at) + note.message);
    tree.embedded = std::move(shell.documents);
    return {};
}

Result<void> readPythonKeys(const std::string& file, const std::string& text, SourceTree& tree) {
    PythonCalls calls = readPythonCalls(text);
    if (calls.hasNone) return Error{ErrorCode::NotFound, file + ": " + calls.problem->message};
    if (calls.problem) return refusal(place(file, calls.problem->at), calls.problem->message);
    for (SourceKey& key : calls.keys) {
        key.path = cut(key.path, longestKey);
        key.text = cut(key.text, longestValue);
        tree.keys.push_back(std::move(key));
    }
    return {};
}

Result<void> readText(const SourceFile& file, SourceTree& tree) {
    if (const std::string object = decodedObject(file.text); !object.empty()) {
        tree.notes.push_back(file.name +
                             ": the file is JSON in base64; lines are those of the JSON");
        return readNodes(readJson(object).tree, file.name, tree);
    }
    switch (formatOf(file)) {
        case SourceFormat::Json: {
            JsonReading json = readJson(file.text);
            for (const YamlProblem& tolerated : json.tolerated)
                tree.notes.push_back(place(file.name, tolerated.at) + tolerated.message);
            return readNodes(std::move(json.tree), file.name, tree);
        }
        case SourceFormat::Toml:
            return readNodes(readToml(file.text), file.name, tree);
        case SourceFormat::Shell:
            return readShellKeys(file.name, SourceText(file.text).text(), tree);
        case SourceFormat::Python:
            return readPythonKeys(file.name, SourceText(file.text).text(), tree);
        case SourceFormat::Yaml:
            break;
    }
    return readNodes(readYaml(file.text), file.name, tree);
}

}  // namespace

SourceFormat formatOf(const SourceFile& file) {
    const std::string extension = toLower(std::filesystem::path(file.name).extension().string());
    const auto known = std::ranges::find(extensions, extension, &Extension::name);
    return known != extensions.end() ? known->format : formatOfText(file.text);
}

std::string decodedObject(std::string_view text) {
    text = trim(text);
    if (text.size() < 8 || !text.starts_with('e')) return {};  // '{' begins so
    std::string bytes = base64Bytes(text);
    return trim(bytes).starts_with('{') && trim(bytes).ends_with('}') ? bytes : std::string();
}

const SourceKey* SourceTree::find(std::string_view ruleName) const {
    const auto found = std::ranges::find_if(
        keys, [&](const SourceKey& key) { return key.ruleName() == ruleName; });
    return found == keys.end() ? nullptr : &*found;
}

Result<SourceTree> readSource(const SourceFile& file) {
    RINGSCOPE_CHECK(checkText(file));
    SourceTree tree{.file = file.name, .keys = {}};
    RINGSCOPE_CHECK(readText(file, tree));
    if (tree.keys.size() > mostKeys)
        return refusal(file.name + ": ", "more than " + formatCount(mostKeys) +
                                             " keys; this is no training configuration");
    return tree;
}

}  // namespace ringscope
