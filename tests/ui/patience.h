// How long a test of the window waits for what must come.
#pragma once

namespace ringscope::ui {

inline constexpr int patience = 60'000;  // ms; a condition that holds ends the wait at once

}  // namespace ringscope::ui
