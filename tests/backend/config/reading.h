// Short words for reading experiments in tests. Every text is a file called t.yaml.
#pragma once

#include "backend/config/experiment.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

inline ExperimentReading readText(std::string_view text,
                                  const std::vector<std::string>& overrides = {},
                                  const std::map<std::string, std::string>& environment = {}) {
    return readExperiment({.fileName = text.empty() ? "" : "t.yaml",  // no text: no file
                           .fileText = std::string(text),
                           .environment = environment,
                           .overrides = overrides});
}

using Lines = std::vector<std::string>;

inline Lines problemsOf(const ExperimentReading& reading) {
    Lines lines;
    for (const ConfigProblem& problem : reading.problems) lines.push_back(problem.text());
    return lines;
}

inline Lines problemsIn(std::string_view text, const std::vector<std::string>& overrides = {},
                        const std::map<std::string, std::string>& environment = {}) {
    return problemsOf(readText(text, overrides, environment));
}

// The experiment of a text without problems.
inline Experiment experimentOf(std::string_view text,
                               const std::vector<std::string>& overrides = {},
                               const std::map<std::string, std::string>& environment = {}) {
    ExperimentReading reading = readText(text, overrides, environment);
    EXPECT_EQ(problemsOf(reading), Lines{});
    return std::move(reading.experiment);
}

}  // namespace ringscope
