#include "backend/session/read_data.h"

#include "backend/config/data_source.h"
#include "backend/text/sequences.h"

#include <algorithm>

namespace ringscope {
namespace {

// What decides the tokens and their split, and nothing else.
RunConfig onlyData(const RunConfig& config) {
    RunConfig data;
    data.data = config.data;
    data.train.task = config.train.task;
    data.model.vocabSize = config.model.vocabSize;
    return data;
}

}  // namespace

Result<void> readDataHere(const std::vector<RunRequest>& requests,
                          const std::function<void(const ReadingProgress&)>& progress,
                          const std::stop_token& stop) {
    ReadingOptions options;
    options.progress = [&](const ReadingProgress& at) {
        if (progress) progress(at);
        return !stop.stop_requested();
    };
    std::vector<RunConfig> read;
    for (const RunRequest& request : requests) {
        const RunConfig& config = request.plan.config;
        const RunConfig data = onlyData(config);
        if (config.launch.transport != TransportKind::Local || config.data.source == builtinProse ||
            config.data.source == builtinRecall || std::ranges::find(read, data) != read.end())
            continue;
        RINGSCOPE_TRY(TokenText text, TokenText::open(data, options));
        RINGSCOPE_CHECK(Sequences::make(std::move(text), config));
        read.push_back(data);
    }
    return {};
}

}  // namespace ringscope
