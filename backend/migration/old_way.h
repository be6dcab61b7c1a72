// How the old stacks split attention over ranks, as the modes of Ringscope that compute and send
// the same.
#pragma once

#include "backend/migration/migration.h"

#include <string>

namespace ringscope {

class Draft;

// Whether ranks of this mode hold the places that a layout says; the others have places of their
// own.
bool takesLayouts(const std::string& mode);

// Says whose way draft.oldWay.mode is, and where it is not the whole truth.
void describeOldWay(Draft& draft);

// "mode zigzag: ring-flash-attention's zigzag ring, as 360-LLaMA-Factory calls it"
std::string oldWayWords(const OldWay& old);

}  // namespace ringscope
