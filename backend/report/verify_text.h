// The verdicts of `ringscope verify` for people and for programs.
#pragma once

#include "backend/verify/verification.h"

#include <string>
#include <vector>

namespace ringscope {

// A line per mode, and one that counts them. Ends with a newline.
std::string verifyTable(const std::vector<ModeVerdict>& verdicts, bool latent = false);

// schema_version, case{}, device, cases[], peak_bytes, exit_code; ends with a newline.
std::string verifyJson(const VerifyRequest& request, const VerifyOutcome& outcome, int exit);

// "ok", "refused", "MISMATCH".
std::string verdictWord(const ModeVerdict& verdict);

}  // namespace ringscope
