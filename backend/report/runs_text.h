// Runs of a store for people: what `ringscope runs ls` and `runs show` print, and the lines of a
// run that goes on. Times are local.
#pragma once

#include "backend/run/run_record.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope {

// A line per run below a line of names, in the order given. On a terminal of `width` columns lines
// are cut, and columns left out that do not fit; 0: as wide as it needs. A pinned run's name begins
// with an asterisk. Ends with a newline.
std::string runListText(const std::vector<RunRecord>& runs, int width = 0);

// Everything known about a run: its name, a line per fact, then a line per step. Ends with a
// newline.
std::string runFactsText(const RunRecord& run);

// "2,410 tokens/s, 41.2 ms a step, loss 4.5123"; the status and its reason where the run did not
// finish. No newline.
std::string outcomeWords(const RunRecord& run);

// "12 steps and 12,288 tokens in 3.40 s with 1a2b3c4d (zigzag, 2 ranks); 2 steps lost": of a run
// that goes on from others, or that was tried again; empty for any other. No newline.
std::string historyWords(const RunRecord& run);

// "▓▓▓▓░░░░░░░░░░░░░░░░ 2/10  loss 4.5123  2,410 tokens/s", of a run of `steps` steps; with
// "step 2" in front where it is not known how many there are. No newline.
std::string stepWords(const StepRecord& step, const std::optional<std::int64_t>& steps);

// Of one step; 0 where it took no time.
double tokensPerSecond(const StepRecord& step);

}  // namespace ringscope
