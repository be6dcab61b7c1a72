// The style sheet of the HTML report: the look table's colours as variables, for light, dark and
// paper, and resources/report/report.css.
#pragma once

#include <string>

namespace ringscope::reporting {

std::string reportStyle();

}  // namespace ringscope::reporting
