// Where the events of a run go besides the store and the terminal: what --sink names.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_sink.h"
#include "backend/sink/queued_sink.h"

#include <memory>
#include <string>
#include <vector>

namespace ringscope::cli {

std::string sinkHelp();  // of the option --sink

// All sinks of a session. None of them can hold up or end a run.
class RunSinks {
public:
    // "jsonl:steps.jsonl", … Fails with the first that cannot be opened.
    static Result<RunSinks> open(const std::vector<std::string>& wanted);

    std::vector<RunSink*> all() const;

    // What went wrong with them, a sentence each.
    std::vector<std::string> finish();

private:
    std::vector<std::unique_ptr<QueuedSink>> sinks_;
};

}  // namespace ringscope::cli
