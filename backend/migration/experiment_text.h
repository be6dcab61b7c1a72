// A migrated configuration as an experiment file: every field written out, each with where its
// value comes from, so that the file means the same after defaults have changed.
#pragma once

#include "backend/migration/draft.h"

#include <map>
#include <string>

namespace ringscope {

struct ExperimentText {
    std::string text;
    std::map<std::string, int> lines;  // "train.lr" -> its line, 1-based; "name" too
};

// `origin` says in the head of the file what it was made from.
ExperimentText writeExperiment(const Draft& draft, const std::string& origin);

}  // namespace ringscope
