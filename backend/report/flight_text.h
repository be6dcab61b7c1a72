// What `ringscope trace flight` prints.
#pragma once

#include "backend/trace/flight/flight_report.h"

#include <string>

namespace ringscope {

// A sentence a finding, then the notes.
std::string flightText(const FlightReport& report);
// One object; `schema_version` says which set of keys it has.
std::string flightJson(const FlightReport& report);

}  // namespace ringscope
