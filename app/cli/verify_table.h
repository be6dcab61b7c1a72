// The verdicts of `ringscope verify` for people and for programs.
#pragma once

#include "backend/verify/verification.h"

#include <string>
#include <vector>

namespace ringscope::cli {

// A line per mode, and one that counts them.
std::string verifyTable(const std::vector<ModeVerdict>& verdicts);

// schema_version, case{}, cases[], exit_code, peak_bytes.
std::string verifyJson(const VerifyRequest& request, const VerifyOutcome& outcome, int exit);

// "ok", "refused", "MISMATCH".
std::string verdictWord(const ModeVerdict& verdict);

}  // namespace ringscope::cli
