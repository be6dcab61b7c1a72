// Turns what ssh printed into one sentence that says what to do. ssh's exit code is of no use: 255
// means refused, unknown host, not allowed or connection lost, and may be the remote program's own.
#pragma once

#include "backend/core/result.h"

#include <string>
#include <string_view>

namespace ringscope {

// `words`: what ssh printed on standard error, with other lines between. `byHand`: the command that
// connects a user as ssh connected us; empty: "ssh HOST".
Error sshFailure(const std::string& host, std::string_view words, std::string byHand = {});

// `words`: what the program, or the shell, printed when `program` could not start on `host`.
Error remoteProgramFailure(const std::string& host, const std::string& program,
                           std::string_view words);

}  // namespace ringscope
