// Reads what runs are trained on before they start: what is wrong with it is said once, and tokens
// that take long to make are there when the ranks look for them.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_service.h"
#include "backend/text/token_text.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace ringscope {

// Of those runs that this machine has ranks of; each data once. Fails with the first sentence, and
// with Cancelled after `stop`. `progress` may be null.
Result<void> readDataHere(const std::vector<RunRequest>& requests,
                          const std::function<void(const ReadingProgress&)>& progress,
                          const std::stop_token& stop);

}  // namespace ringscope
