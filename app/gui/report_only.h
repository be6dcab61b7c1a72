// ringscope-gui --write-report: a report as a PDF, without a window.
#pragma once

#include "app/gui/gui_options.h"

namespace ringscope::gui {

// Returns the program's exit code; where it is not 0, a sentence stands on standard error.
int writeReportOnly(const GuiOptions& given);

}  // namespace ringscope::gui
