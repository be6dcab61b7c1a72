// Traces that other tools recorded, as ours: Chrome trace JSON as Kineto (the PyTorch profiler)
// writes it, plain or .gz, one file or a folder with a file a rank.
//
//   event                                 becomes
//   kernel                                what its name says (kernel_rules.h), on its GPU stream;
//                                         what a communication kernel does, also by the call that
//                                         launched it (collective_note.h)
//   gpu_memcpy, gpu_memset                a copy on its stream
//   user_annotation "ProfilerStep#7"      training step 7
//   other complete events (ph X, B and E) host work, under its name
//   arrows, annotations of the GPU, …     nothing: counted by category, and said in a note
//
// Times are kept to the nanosecond. A GPU's work belongs to the step its launch was in. Ranks have
// clocks of their own: where they took part in the same collectives, which end everywhere at once,
// each is moved by the median difference of those ends, and what remains is the clock's error.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/chrome/collective_note.h"
#include "backend/trace/chrome/kernel_rules.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace.h"

#include <filesystem>

namespace ringscope {

// Whether this is a file, or a folder of files, that importTrace() is for.
bool isForeignTrace(const std::filesystem::path& place);

Result<Trace> importTrace(const std::filesystem::path& place,
                          const KernelRules& rules = KernelRules::builtIn(),
                          const ReadProgress& progress = {});

struct ImportedRank {
    RankTrace trace;        // its rank is -1 where the file does not say it
    bool numbered = false;  // its messages carry numbers that both ends know
    // Else a transfer's message is its place in this list, counted from 1; 0: nothing is said.
    std::vector<CollectiveNote> notes{};
};
// One file: mostly one rank; an export of ours holds all of a run's. Not moved to another clock.
Result<std::vector<ImportedRank>> readChromeTrace(const std::filesystem::path& file,
                                                  const KernelRules& rules);

// Ranks from files of their own as one trace: a rank for each, messages paired, clocks aligned.
Trace joinRanks(std::vector<ImportedRank> ranks);

// Our own files, or those of other tools: whatever the place holds.
Result<Trace> openTraceOf(const std::filesystem::path& place,
                          const KernelRules& rules = KernelRules::builtIn(),
                          const ReadProgress& progress = {});

}  // namespace ringscope
