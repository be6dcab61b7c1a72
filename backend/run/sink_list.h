// The sinks of a run as one: each is told everything, and the first failure is remembered, because
// a run whose results are not kept has failed.
#pragma once

#include "backend/run/run_sink.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

class SinkList {
public:
    explicit SinkList(std::vector<RunSink*> sinks) : sinks_(std::move(sinks)) {}

    void created(const RunRecord& run) {
        tell([&](RunSink& sink) { return sink.created(run); });
    }
    void changed(const RunRecord& run) {
        tell([&](RunSink& sink) { return sink.changed(run); });
    }
    void step(const RunRecord& run, const StepRecord& step) {
        tell([&](RunSink& sink) { return sink.step(run, step); });
    }
    void ended(const RunRecord& run) {
        tell([&](RunSink& sink) { return sink.ended(run); });
    }
    void verdict(const RunRecord& run, const RankVerdict& verdict) {
        tell([&](RunSink& sink) { return sink.verdict(run, verdict); });
    }
    void logLine(const RunRecord& run, int rank, std::string_view line) {
        tell([&](RunSink& sink) { return sink.logLine(run, rank, line); });
    }

    const std::optional<Error>& failure() const { return failure_; }

private:
    template <typename Call>
    void tell(Call call) {
        for (RunSink* sink : sinks_) {
            Result<void> told = call(*sink);
            if (!told.ok() && !failure_) failure_ = std::move(told).error();
        }
    }

    std::vector<RunSink*> sinks_;
    std::optional<Error> failure_;
};

}  // namespace ringscope
