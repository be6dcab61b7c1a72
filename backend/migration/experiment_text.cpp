#include "backend/migration/experiment_text.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/yaml_tree.h"
#include "backend/core/text.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <algorithm>

namespace ringscope {
namespace {

// Text for a comment: on one line, without control characters, at most 160 bytes.
std::string commentText(const std::string& text) {
    constexpr std::size_t longest = 160;
    std::string line;
    for (const char c : text.substr(0, longest))
        line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    while (text.size() > longest && !line.empty() &&
           (static_cast<unsigned char>(line.back()) & 0x80U) != 0)
        line.pop_back();
    return text.size() > longest ? line + "..." : line;
}

std::string originComment(const KeyVerdict& key) {
    const std::string text = commentText(key.path + (key.old.empty() ? "" : ": " + key.old));
    return key.line == 0 ? text + " (its default)" : text;
}

class Writer {
public:
    explicit Writer(const Draft& draft) : draft_(draft) {}

    ExperimentText write(const std::string& origin) {
        add("# Made by `ringscope migrate` from " + commentText(origin) + ".");
        for (const Decision& decision : draft_.decisions)
            add("# Decision " + decision.id + ": " + decision.chosen +
                (decision.answered ? "" : " (the default; not answered)"));
        for (const std::string& note : draft_.notes) add("# " + commentText(note));
        add("name: " + yamlScalar(draft_.name), "name");
        addFields();
        addMatrixHint();
        return std::move(written_);
    }

private:
    void add(const std::string& line, const std::string& path = {}) {
        ++line_;
        written_.text += line + "\n";
        if (!path.empty()) written_.lines[path] = line_;
    }

    // model.preset, if none of the preset's sizes is the experiment's: it would have no effect.
    bool isPresetWithoutEffect(std::string_view path) const {
        if (path != "model.preset") return false;
        return std::ranges::none_of(modelPresets(), [&](const ModelPreset& preset) {
            return preset.model == draft_.config().model;
        });
    }

    void addFields() {
        std::string section;
        for (const std::string& line : split(toYaml(draft_.config()), '\n')) {
            if (line.empty()) continue;
            const bool isField = line.starts_with("  ");
            const std::string key(trim(std::string_view(line).substr(0, line.find(':'))));
            if (!isField) section = key;
            const std::string path = isField ? section + "." + key : "";
            if (isPresetWithoutEffect(path)) continue;
            if (!isField) add("");
            add(withOrigin(line, path), path);
        }
    }

    std::string withOrigin(std::string line, const std::string& path) const {
        constexpr std::size_t commentColumn = 34;
        const auto origin = draft_.origins().find(path);
        if (origin == draft_.origins().end()) return line;
        line.append(line.size() < commentColumn ? commentColumn - line.size() : 2, ' ');
        return line + "# " + originComment(draft_.keys[origin->second]);
    }

    // A matrix over the modes that can run, as a comment.
    void addMatrixHint() {
        std::vector<std::string> modes;
        for (const Mode& mode : modeTable()) {
            RunConfig other = draft_.config();
            other.parallel.mode = mode.name;
            if (isComparable(other, mode) && planRun(other).ok()) modes.emplace_back(mode.name);
        }
        if (modes.size() < 2) return;
        add("");
        add("# To compare modes, use these lines:");
        add("# matrix: {parallel.mode: [" + join(modes, ", ") + "]}");
    }

    const Draft& draft_;
    ExperimentText written_;
    int line_ = 0;
};

}  // namespace

ExperimentText writeExperiment(const Draft& draft, const std::string& origin) {
    return Writer(draft).write(origin);
}

}  // namespace ringscope
