#include "backend/config/yaml_tree.h"

#include "backend/config/value_text.h"
#include "backend/core/units.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>
#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t largestText = 1 << 20;
constexpr std::size_t largestTree = std::size_t{1} << 22;  // nodes and bytes that are copies

using Kind = YamlNode::Kind;

std::size_t weight(const YamlNode& node) {
    std::size_t total = 1 + node.text.size();
    for (const YamlNode& key : node.keys) total += weight(key);
    for (const YamlNode& item : node.items) total += weight(item);
    return total;
}

// yaml-cpp counts bytes and gives -1 where it has no position.
TextPosition positionOf(const SourceText& source, const YAML::Mark& mark) {
    return mark.is_null() ? TextPosition{} : source.positionOf(mark.line, mark.column);
}

// Puts the parser's events together. A list or map that is still open stands on `open_`.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(const SourceText& source, YamlReading& reading)
        : source_(source), reading_(reading) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) say(mark, "one document per file; remove what stands from here on");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(YamlNode{.at = positionOf(source_, mark)}, anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuseTag(mark, tag);
        refuseOpenQuote(mark);
        add(YamlNode{.kind = Kind::Scalar,
                     .text = value,
                     .quoted = tag == "!",
                     .at = positionOf(source_, mark)},
            anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const TextPosition at = positionOf(source_, mark);
        const auto found = anchored_.find(anchor);
        if (found == anchored_.end() && !full_)
            say(mark, "an alias inside the value it stands for; write the value out");
        if (found == anchored_.end() || !reserve(found->second.weight, at))
            add(YamlNode{.at = at}, YAML::NullAnchor);
        else
            add(found->second.node, YAML::NullAnchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        refuseTag(mark, tag);
        open_.push_back({{.kind = Kind::List, .at = positionOf(source_, mark)}, anchor});
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        refuseTag(mark, tag);
        open_.push_back({{.kind = Kind::Map, .at = positionOf(source_, mark)}, anchor});
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override {
        keepKnowableKeys(open_.back().node);
        close();
    }

private:
    struct Open {
        YamlNode node;
        YAML::anchor_t anchor;
    };
    struct Anchored {
        YamlNode node;
        std::size_t weight = 0;
    };

    void say(const YAML::Mark& mark, std::string message) {
        reading_.problems.push_back({positionOf(source_, mark), std::move(message)});
    }

    void refuseTag(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        say(mark, "tags like " + shown(tag) + " are not used here; remove it");
    }

    // The parser ends an open quote with the file, and what follows would vanish in a value.
    void refuseOpenQuote(const YAML::Mark& mark) {
        if (source_.quoteIsClosed(mark.line, mark.column)) return;
        reading_.broken = true;
        say(mark, "a quote that is never closed; close it");
    }

    // Room for a copy. Anchors inside anchors and aliases of aliases all draw on one budget; the
    // first that finds it spent says so, later ones are left out in silence.
    bool reserve(std::size_t more, TextPosition at) {
        if (!full_ && more > largestTree - used_) {
            full_ = true;
            reading_.problems.push_back(
                {at, "anchors and aliases stand for more than " +
                         formatBytes({static_cast<std::int64_t>(largestTree)}) +
                         " of text; write fewer of them"});
        }
        if (full_) return false;
        used_ += more;
        return true;
    }

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        add(std::move(closed.node), closed.anchor);
    }

    void add(YamlNode node, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) keepAnchored(node, anchor);
        if (open_.empty()) {
            if (documents_ <= 1) reading_.root = std::move(node);
            return;
        }
        YamlNode& parent = open_.back().node;
        if (parent.kind == Kind::Map && parent.keys.size() == parent.items.size()) {
            parent.keys.push_back(std::move(node));
        } else {
            if (parent.kind == Kind::Map && node.kind == Kind::Null)
                node.at = parent.keys.back().at;
            parent.items.push_back(std::move(node));
        }
    }

    void keepAnchored(const YamlNode& node, YAML::anchor_t anchor) {
        if (full_) return;
        const std::size_t size = weight(node);
        if (reserve(size, node.at)) anchored_[anchor] = {node, size};
    }

    void keepKnowableKeys(YamlNode& map) {
        std::vector<YamlNode> keys;
        std::vector<YamlNode> items;
        std::map<std::string, TextPosition> first;
        for (std::size_t i = 0; i < map.keys.size(); ++i) {
            YamlNode& key = map.keys[i];
            if (!isUsableKey(key)) continue;
            const auto [earlier, isNew] = first.emplace(key.text, key.at);
            if (!isNew) {
                reading_.problems.push_back(
                    {key.at, "duplicate key " + shown(key.text) + ", written before in line " +
                                 std::to_string(earlier->second.line) + "; keep one of them"});
                continue;
            }
            keys.push_back(std::move(key));
            items.push_back(std::move(map.items[i]));
        }
        map.keys = std::move(keys);
        map.items = std::move(items);
    }

    bool isUsableKey(const YamlNode& key) {
        if (key.kind != Kind::Scalar) {
            reading_.problems.push_back({key.at, "expected a key; got " + nameOf(key.kind)});
            return false;
        }
        if (key.text == "<<" && !key.quoted) {
            reading_.problems.push_back(
                {key.at, "merge keys (<<) are not supported; write the fields out"});
            return false;
        }
        return true;
    }

    static std::string nameOf(Kind kind) {
        return kind == Kind::List ? "a list" : kind == Kind::Map ? "a map" : "nothing";
    }

    const SourceText& source_;
    YamlReading& reading_;
    int documents_ = 0;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchored_;
    std::size_t used_ = 0;
    bool full_ = false;
};

void parse(const SourceText& source, YamlReading& reading) {
    const auto stop = [&](const YAML::Exception& problem, std::string message) {
        reading.broken = true;
        reading.problems.push_back({positionOf(source, problem.mark), std::move(message)});
    };
    try {
        std::istringstream stream(source.text());
        YAML::Parser parser(stream);
        TreeBuilder builder(source, reading);
        // A second one is refused. Some broken text gives endless empty ones.
        for (int document = 0; document < 2 && parser.HandleNextDocument(builder); ++document) {
        }
    } catch (const YAML::DeepRecursion& problem) {
        stop(problem, "lists and maps stand in each other too deeply; close brackets");
    } catch (const YAML::Exception& problem) {
        stop(problem, "not YAML: " + problem.msg + "; check indentation, brackets and quotes");
    }
}

}  // namespace

YamlReading readYaml(std::string_view text) {
    YamlReading reading;
    if (std::ssize(text) > largestText) {
        reading.broken = true;
        reading.problems.push_back({{},
                                    "an experiment file holds at most " +
                                        formatBytes({largestText}) + "; this one has " +
                                        formatBytes({std::ssize(text)})});
        return reading;
    }
    const SourceText source(text);
    const std::size_t forbidden = source.firstForbidden();
    if (forbidden < source.text().size()) {
        // The parser takes some control characters for the end of the text: they never reach it.
        reading.broken = true;
        reading.problems.push_back(
            {source.positionOf(forbidden), "a byte that is no text; save the file as UTF-8"});
        return reading;
    }
    parse(source, reading);
    return reading;
}

std::string yamlScalar(std::string_view text) {
    const auto isWord = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '/';
    };
    const auto stands = [&](char c) {
        return isWord(c) || c == '.' || c == '-' || c == '+' || c == ':';
    };
    const bool isNull = text == "null" || text == "Null" || text == "NULL";
    if (!text.empty() && !isNull && isWord(text.front()) && isWord(text.back()) &&
        std::ranges::all_of(text, stands))
        return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace ringscope
