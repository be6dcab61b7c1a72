#include "backend/migration/source_tree.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/json_tree.h"

#include <algorithm>
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
            tree.keys.push_back({path, map.keys[i].at, flowText(item),
                                 item.kind == Kind::Scalar || item.kind == Kind::Null});
        else
            collect(item, path + ".", depth + 1, tree);
    }
}

bool isJson(const SourceFile& file) {
    const std::string extension = toLower(std::filesystem::path(file.name).extension().string());
    if (extension == ".json" || extension == ".hjson") return true;
    if (extension == ".yaml" || extension == ".yml") return false;
    std::string_view text = file.text;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return trim(text).starts_with('{');
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
                       "a byte that is no text; this is no YAML or JSON file in UTF-8");
    return {};
}

}  // namespace

const SourceKey* SourceTree::find(std::string_view path) const {
    const auto found = std::ranges::find(keys, path, &SourceKey::path);
    return found == keys.end() ? nullptr : &*found;
}

Result<SourceTree> readSource(const SourceFile& file) {
    RINGSCOPE_CHECK(checkText(file));
    SourceTree tree{.file = file.name, .root = {}, .keys = {}, .notes = {}};
    YamlReading reading;
    if (isJson(file)) {
        JsonReading json = readJson(file.text);
        reading = std::move(json.tree);
        for (const YamlProblem& tolerated : json.tolerated)
            tree.notes.push_back(place(file.name, tolerated.at) + tolerated.message);
    } else {
        reading = readYaml(file.text);
    }
    if (!reading.problems.empty()) {
        const YamlProblem& first =
            *std::ranges::min_element(reading.problems, {}, &YamlProblem::at);
        return refusal(place(file.name, first.at), first.message);
    }
    if (reading.root.kind != Kind::Map)
        return refusal(file.name + ": ",
                       "expected a configuration with keys; the file holds " +
                           std::string(reading.root.kind == Kind::Null   ? "nothing"
                                       : reading.root.kind == Kind::List ? "a list"
                                                                         : "a single text"));
    collect(reading.root, "", 0, tree);
    if (tree.keys.size() > mostKeys)
        return refusal(file.name + ": ", "more than " + formatCount(mostKeys) +
                                             " keys; this is no training configuration");
    tree.root = std::move(reading.root);
    return tree;
}

}  // namespace ringscope
