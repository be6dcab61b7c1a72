// Where the events of a run go besides the store and the terminal: what --sink names.
#pragma once

#include "backend/run/run_sink.h"
#include "backend/sink/queued_sink.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::cli {

struct SinkKind {
    std::string_view name;    // "jsonl"
    std::string_view target;  // what stands behind the colon: "FILE"
    std::string_view help;
    Result<std::unique_ptr<SinkWriter>> (*open)(const std::string& target);
};
std::span<const SinkKind> sinkKinds();
std::string sinkHelp();  // of the option

// All sinks of a session. None of them can hold up or end a run.
class RunSinks final : public RunSink {
public:
    // "jsonl:steps.jsonl", … Fails with the first that cannot be opened.
    static Result<std::unique_ptr<RunSinks>> open(const std::vector<std::string>& wanted);

    void tellFirst(RunSink& sink) { first_ = &sink; }

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& validation) override;
    Result<void> routing(const RunRecord& run, const RoutingRecord& routing) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    // What went wrong with them, a sentence each.
    std::vector<std::string> finish();

private:
    template <typename Call>
    Result<void> tell(Call call);

    RunSink* first_ = nullptr;
    std::vector<std::unique_ptr<QueuedSink>> sinks_;
};

}  // namespace ringscope::cli
