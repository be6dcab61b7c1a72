// A sink that never holds up a run and never ends it: a thread of its own writes, from a queue that
// has an end. An event that finds it full is dropped and counted.
//
//     QueuedSink sink("jsonl:steps.jsonl", std::move(writer));
//     ... run, with `sink` among the run's sinks ...
//     for (const std::string& sentence : sink.finish()) say(sentence);
//
// The writer may block for ever: finish() waits for it no longer than its limit, and the thread and
// the writer then stay until the program ends.
#pragma once

#include "backend/run/host_clock.h"
#include "backend/run/run_sink.h"
#include "backend/sink/run_event.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

struct SinkLimits {
    std::size_t queue = 4096;  // events
    std::chrono::milliseconds atEnd = std::chrono::seconds(5);
};

class QueuedSink final : public RunSink {
public:
    QueuedSink(std::string name, std::unique_ptr<SinkWriter> writer, SinkLimits limits = {},
               std::function<std::int64_t()> utcMicroseconds = ringscope::utcMicroseconds);
    ~QueuedSink() override;

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& /*run*/) override { return {}; }
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& validation) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& /*run*/, int /*rank*/,
                         std::string_view /*line*/) override {
        return {};
    }

    // What went wrong, a sentence each; nothing where every event was written.
    std::vector<std::string> finish();

private:
    struct State;

    void add(RunEvent event);

    std::string name_;
    SinkLimits limits_;
    std::function<std::int64_t()> now_;
    std::shared_ptr<const RunRecord> run_;
    std::shared_ptr<State> state_;
};

}  // namespace ringscope
