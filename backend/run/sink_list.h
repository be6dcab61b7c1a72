// Calls all sinks of a run, in order, and keeps the first failure: a run whose results are not
// stored has failed. A sink that failed is still called.
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
        callEach([&](RunSink& sink) { return sink.created(run); });
    }
    void changed(const RunRecord& run) {
        callEach([&](RunSink& sink) { return sink.changed(run); });
    }
    void step(const RunRecord& run, const StepRecord& step) {
        callEach([&](RunSink& sink) { return sink.step(run, step); });
    }
    void routing(const RunRecord& run, const RoutingRecord& routing) {
        callEach([&](RunSink& sink) { return sink.routing(run, routing); });
    }
    void validation(const RunRecord& run, const ValidationRecord& validation) {
        callEach([&](RunSink& sink) { return sink.validation(run, validation); });
    }
    void ended(const RunRecord& run) {
        callEach([&](RunSink& sink) { return sink.ended(run); });
    }
    void turn(const RunRecord& run, const RankTurn& turn) {
        callEach([&](RunSink& sink) { return sink.turn(run, turn); });
    }
    void verdict(const RunRecord& run, const RankVerdict& verdict) {
        callEach([&](RunSink& sink) { return sink.verdict(run, verdict); });
    }
    void evaluated(const RunRecord& run, const RankEvaluated& evaluated) {
        callEach([&](RunSink& sink) { return sink.evaluated(run, evaluated); });
    }
    void tokens(const RunRecord& run, const RankTokens& told) {
        callEach([&](RunSink& sink) { return sink.tokens(run, told); });
    }
    void generated(const RunRecord& run, const RankGenerated& generated) {
        callEach([&](RunSink& sink) { return sink.generated(run, generated); });
    }
    void logLine(const RunRecord& run, int rank, std::string_view line) {
        callEach([&](RunSink& sink) { return sink.logLine(run, rank, line); });
    }

    const std::optional<Error>& failure() const { return failure_; }

private:
    template <typename Call>
    void callEach(Call call) {
        for (RunSink* sink : sinks_) {
            Result<void> called = call(*sink);
            if (!called.ok() && !failure_) failure_ = std::move(called).error();
        }
    }

    std::vector<RunSink*> sinks_;
    std::optional<Error> failure_;
};

}  // namespace ringscope
