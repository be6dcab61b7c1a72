// Opening the store a user means, and finding the runs a user names.
#pragma once

#include "app/cli/command.h"
#include "backend/run/run_record.h"
#include "backend/store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace ringscope::cli {

// --db, else the default one (store.h).
std::filesystem::path storePath(const GlobalOptions& global);
Result<std::unique_ptr<Store>> openStore(const GlobalOptions& global, Store::Access access);

// The runs of a selector. Where they are not the newest of that name, a line on standard error says
// which were taken and why.
Result<std::vector<RunId>> selectRuns(Store& store, const std::string& selector, RunNeed need,
                                      const GlobalOptions& global);

// All runs the selectors name, once each, with their steps; "@last" where there is no selector.
Result<std::vector<RunRecord>> loadSelected(Store& store, std::vector<std::string> selectors,
                                            RunNeed need, const GlobalOptions& global);

// --baseline: the runs it selects replace what the experiment's file said. Fails where none of them
// is among `runs`.
Result<void> chooseBaseline(Store& store, std::vector<RunRecord>& runs,
                            const std::string& selector);

// Ends a verb that answered from the store. Where that is damaged, the answer may be a wrong one: a
// line on standard error says so, and the exit code is 5 in place of `exit`.
int answered(Store& store, int exit);

// Fails with Corrupt where the store is damaged: for what is kept as a file.
Result<void> requireWhole(Store& store);

// Prints the error. Returns 4 where there is no store or no such run, otherwise 5.
int failStore(const Error& error);

}  // namespace ringscope::cli
