// Traces to be sent from an agent to the controller. Ranks write them into a temporary folder of
// the agent; after a rank has ended, its trace is sent in parts, and then its RankExited.
#pragma once

#include "backend/core/result.h"
#include "backend/run/protocol.h"

#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>

namespace ringscope {

class TraceOutbox {
public:
    TraceOutbox() = default;
    ~TraceOutbox();  // removes the folder
    TraceOutbox(const TraceOutbox&) = delete;
    TraceOutbox& operator=(const TraceOutbox&) = delete;

    Result<void> open();  // makes the folder, readable by this user alone
    bool collecting() const { return !folder_.empty(); }
    std::filesystem::path folderOf(int rank) const { return folder_ / std::to_string(rank); }

    void add(const RankExited& exit) { ended_.push_back(exit); }
    // The next frame to send: a part of the trace of the rank that ended first, or its RankExited.
    std::optional<AgentFrame> next();

private:
    bool openTraceOf(int rank);

    std::filesystem::path folder_;
    std::deque<RankExited> ended_;
    std::ifstream file_;  // of ended_.front()
    std::int64_t offset_ = 0;
};

}  // namespace ringscope
