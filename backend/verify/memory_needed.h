// Whether a verification fits into the memory of one machine, before anything is started.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/verify/verify_request.h"

namespace ringscope {

// What its ranks take together at the least, on the processor: rank 0 holds the whole problem and
// its fp64 reference, whatever the mode. Measured peaks are up to 1.5 times as much.
Bytes leastMemory(const VerifyRequest& request);

// Unavailable where it cannot fit into `free`; the sentence says what would. 0 free: not known.
Result<void> checkMemory(const VerifyRequest& request, Bytes free);

}  // namespace ringscope
