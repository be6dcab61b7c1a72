// An experiment as it was read: what `ringscope config show` prints. Texts and JSON end with a
// newline.
#pragma once

#include "backend/config/experiment.h"
#include "backend/run/run_record.h"

#include <string>

namespace ringscope {

// The complete configuration as YAML, then matrix and repeats.
std::string experimentText(const Experiment& experiment);

// A run's configuration as an experiment file with this one run.
std::string experimentTextOf(const RunRecord& run);

// A line per field with its value and where that came from ("default", a file and line, …), then
// matrix and repeats.
std::string originsText(const Experiment& experiment);

// schema_version, name, repeat, matrix{}, fields[].
std::string experimentJson(const Experiment& experiment);

// schema_version, fields[] with path, type, expected, unit, help, default, nullable, choices[] and
// environment, presets[].
std::string fieldsJson();

}  // namespace ringscope
