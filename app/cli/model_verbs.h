// The parts of `ringscope model` that have a file of their own.
#pragma once

#include "app/cli/command.h"
#include "backend/core/result.h"

#include <filesystem>
#include <string>

namespace ringscope::cli {

// Whether the word names a folder, rather than a run. Runs of a matrix have names with a slash too:
// demo/ring.
bool namesFolder(const std::string& word);

// The folder of the model that the word names: itself, or the weights that a run kept. Fails with
// NotFound where there is no such run, or it kept none.
Result<std::filesystem::path> modelFolder(const std::string& word, const GlobalOptions& global);

// Says that the folder of a model was written, or why not. Returns the exit code.
int sayWritten(const Result<void>& written, const std::string& folder);

// ringscope model eval: what a model computes for a batch, under any mode.
void addModelEvalVerb(CLI::App& model, Command& command);

// ringscope model export: a model as a folder that other programs load.
void addModelExportVerb(CLI::App& model, Command& command);

// ringscope model merge: an adapter and the model it stands beside as one model.
void addModelMergeVerb(CLI::App& model, Command& command);

}  // namespace ringscope::cli
