// The sections of a page that show recordings: ring steps, and memory by category.
#pragma once

#include "backend/report/markup.h"
#include "backend/report/report.h"

namespace ringscope::reporting {

// Attention and exposed communication of every rank in every ring step, a picture a configuration,
// all on one scale. Nothing where no recording has ring steps.
void addRingSteps(Markup& page, const Report& report);

// What the busiest rank held when it held the most, a strip a configuration. Nothing where no
// recording has memory.
void addMemory(Markup& page, const Report& report);

}  // namespace ringscope::reporting
