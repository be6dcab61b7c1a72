// A migrated configuration as an experiment file. Every field is written out, so that the file
// means the same after defaults have changed, with the key that its value comes from.
#pragma once

#include "backend/migration/draft.h"

#include <map>
#include <string>

namespace ringscope {

struct ExperimentText {
    std::string text;
    std::map<std::string, int> lines;  // "train.lr" -> its line, 1-based; "name" too
};

// `origin` names the source in the first line of the file.
ExperimentText writeExperiment(const Draft& draft, const std::string& origin);

}  // namespace ringscope
