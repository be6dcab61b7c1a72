#include "backend/report/generation_text.h"

#include "backend/core/units.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

double inSeconds(Nanos duration) { return static_cast<double>(duration.count()) / 1e9; }

// Of all texts, behind the first token of each; 0 where there are no others.
double generatedPerSecond(const GenerationOutcome& outcome) {
    const std::int64_t later = outcome.tokens - std::ssize(outcome.texts);
    const double time = inSeconds(outcome.total - outcome.first);
    return later > 0 && time > 0 ? static_cast<double>(later) / time : 0;
}

}  // namespace

std::string idsText(const std::vector<std::int64_t>& ids) {
    return fmt::format("{}", fmt::join(ids, " "));
}

std::string generatedTexts(const GenerationOutcome& outcome, bool asText) {
    std::string all;
    for (std::size_t i = 0; i < outcome.texts.size(); ++i) {
        const GeneratedText& text = outcome.texts[i];
        if (outcome.texts.size() > 1)
            all += fmt::format("--- {} of {}, {} tokens, {}\n", i + 1, outcome.texts.size(),
                               text.tokens.size(), text.ended.empty() ? "broken off" : text.ended);
        all += asText ? text.text : idsText(text.tokens);
        all += '\n';
    }
    return all;
}

std::string generationFigures(const GenerationRequest& request, const GenerationOutcome& outcome) {
    return fmt::format(
        "{} tokens behind {} of the prompt: the first after {}, then {} tokens/s; cache {}",
        formatCount(outcome.tokens), formatCount(std::ssize(request.prompt)),
        formatDuration(outcome.first), formatSignificant(generatedPerSecond(outcome)),
        formatBytes(outcome.cache));
}

std::string generationJson(const RunPlan& plan, const GenerationRequest& request,
                           const GenerationOutcome& outcome) {
    nlohmann::json texts = nlohmann::json::array();
    for (const GeneratedText& text : outcome.texts)
        texts.push_back({{"text", text.text}, {"tokens", text.tokens}, {"ended", text.ended}});
    const nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                                   {"model", plan.config.model.from.value_or("")},
                                   {"mode", plan.config.parallel.mode},
                                   {"ranks", plan.ranks},
                                   {"dtype", nameOf(plan.config.train.precision)},
                                   {"prompt_tokens", request.prompt.size()},
                                   {"texts", texts},
                                   {"tokens", outcome.tokens},
                                   {"first_token_s", inSeconds(outcome.first)},
                                   {"total_s", inSeconds(outcome.total)},
                                   {"tokens_per_s", generatedPerSecond(outcome)},
                                   {"cache_bytes", outcome.cache.count},
                                   {"peak_bytes", outcome.peakMemory.count}};
    return reporting::jsonDump(object);
}

}  // namespace ringscope
