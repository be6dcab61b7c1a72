// Traces on their way from an agent to the controller: ranks write them into a temporary folder
// here, and each goes off in parts after its rank has ended, before the news of that end.
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

    Result<void> open();  // makes the folder, for this user alone
    bool collecting() const { return !folder_.empty(); }
    std::filesystem::path folderOf(int rank) const { return folder_ / std::to_string(rank); }

    void add(const RankExited& exit) { ended_.push_back(exit); }
    // The next frame to send: a part of the first ended rank's trace, or its end.
    std::optional<AgentFrame> next();

private:
    bool openTraceOf(int rank);

    std::filesystem::path folder_;
    std::deque<RankExited> ended_;
    std::ifstream file_;  // of ended_.front()
    std::int64_t offset_ = 0;
};

}  // namespace ringscope
