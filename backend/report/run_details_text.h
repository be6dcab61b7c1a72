// The sections of `ringscope runs show` below the facts of a run. Each ends with a newline, or is
// empty where there is nothing to say.
#pragma once

#include "backend/run/run_record.h"
#include "backend/store/run_files.h"
#include "backend/store/store.h"

#include <string>
#include <vector>

namespace ringscope {

// A field of the configuration whose value is not the same.
struct ConfigDifference {
    std::string path;
    std::string value;
    std::string other;
};
std::vector<ConfigDifference> configDifferences(const RunConfig& config, const RunConfig& other);

// What a run has where nothing was written but the name of its model preset.
RunConfig defaultsFor(const RunConfig& config);

// Fields that are not at their defaults, of the model those that its preset does not have.
std::string configurationText(const RunRecord& run);
std::string differencesText(const RunRecord& run, const RunRecord& other);
// How each layer's experts were used in the last step that is kept; empty where there are none.
std::string routingText(const RunRecord& run);
// Loss and perplexity of every validation; empty where there are none.
std::string validationText(const RunRecord& run);
std::string ranksText(const RunRecord& run);  // with the host of each, and how it ended
std::string filesText(const std::vector<RunFile>& files);

// "rank 1: …", "agent: …". Of the lines of all ranks, one between them counts what was dropped
// there.
std::string logLineText(const LogLine& line);
std::string logText(const std::vector<LogLine>& lines, bool allRanks);

}  // namespace ringscope
