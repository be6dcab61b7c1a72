#include "backend/model/layer_kinds.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

Error refusedKind(const std::string& entry, std::string_view why) {
    return {ErrorCode::InvalidConfig,
            fmt::format("model.layer_pattern: {} {}; write window or full, dense or experts, like "
                        "[window, full] or [dense, experts*3]",
                        shown(entry), why)};
}

// One word of a kind, into `kind`.
bool applyWord(std::string_view word, LayerKind& kind) {
    if (word == "window" || word == "full")
        kind.window = word == "window";
    else if (word == "dense" || word == "experts")
        kind.experts = word == "experts";
    else
        return false;
    return true;
}

struct KindRun {
    LayerKind kind{};
    std::int64_t layers = 1;
};

Result<KindRun> readEntry(const std::string& entry, const LayerKind& usual, std::int64_t most) {
    KindRun run{.kind = usual};
    std::string_view words = entry;
    if (const std::size_t star = words.find('*'); star != std::string_view::npos) {
        const std::optional<std::int64_t> count = parseInteger(trim(words.substr(star + 1)));
        if (!count || *count < 1 || *count > most)
            return refusedKind(entry,
                               fmt::format("has no number of 1 to {} layers behind *", most));
        run.layers = *count;
        words = words.substr(0, star);
    }
    while (!words.empty()) {
        const std::size_t plus = words.find('+');
        if (!applyWord(trim(words.substr(0, plus)), run.kind))
            return refusedKind(entry, "is no kind of layer");
        words = plus == std::string_view::npos ? "" : words.substr(plus + 1);
    }
    return run;
}

std::string wordOf(const LayerKind& kind, const LayerKind& usual, bool named) {
    std::string word;
    if (kind.window != usual.window || !named) word = kind.window ? "window" : "full";
    if (kind.experts != usual.experts || (!named && usual.experts))
        word += (word.empty() ? "" : "+") + std::string(kind.experts ? "experts" : "dense");
    return word;
}

bool repeats(const std::vector<LayerKind>& kinds, std::size_t period) {
    for (std::size_t i = period; i < kinds.size(); ++i)
        if (kinds[i] != kinds[i - period]) return false;
    return true;
}

}  // namespace

Result<std::vector<LayerKind>> layerKinds(const ModelConfig& model,
                                          const AttentionConfig& attention) {
    const LayerKind usual{.window = attention.window || attention.windowRight,
                          .experts = model.experts.count > 0};
    std::vector<LayerKind> period;
    for (const std::string& entry : model.layerPattern) {
        RINGSCOPE_TRY(const KindRun run, readEntry(entry, usual, model.layers));
        if (run.kind.window && !usual.window) return refusedKind(entry, "needs attention.window");
        if (run.kind.experts && !usual.experts) return refusedKind(entry, "needs model.experts");
        period.insert(period.end(), static_cast<std::size_t>(run.layers), run.kind);
    }
    if (period.empty()) period.push_back(usual);
    if (std::ssize(period) > model.layers)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("model.layer_pattern names {} layers and model.layers is {}; name "
                                 "at most as many",
                                 period.size(), model.layers)};
    std::vector<LayerKind> kinds;
    for (std::int64_t layer = 0; layer < model.layers; ++layer)
        kinds.push_back(period[static_cast<std::size_t>(layer) % period.size()]);
    return kinds;
}

std::vector<std::string> layerPattern(const std::vector<LayerKind>& kinds, const LayerKind& usual) {
    if (std::ranges::all_of(kinds, [&](const LayerKind& kind) { return kind == usual; })) return {};
    std::size_t period = 1;
    while (!repeats(kinds, period)) ++period;
    std::vector<std::string> pattern;
    for (std::size_t first = 0; first < period;) {
        std::size_t end = first + 1;
        while (end < period && kinds[end] == kinds[first]) ++end;
        std::string word = wordOf(kinds[first], usual, true);
        if (word.empty()) word = wordOf(kinds[first], usual, false);
        if (end - first > 1) word += fmt::format("*{}", end - first);
        pattern.push_back(std::move(word));
        first = end;
    }
    return pattern;
}

}  // namespace ringscope
