// What ssh's own words mean for the user: one sentence with what to do. ssh's exit code says
// nothing: 255 stands for refused, unknown, not allowed, link lost and for the far program's own.
#pragma once

#include "backend/core/result.h"

#include <string>
#include <string_view>

namespace ringscope {

// `words`: what ssh printed on standard error; may hold anything else as well.
Error sshFailure(const std::string& host, std::string_view words);

// What a program of ours that could not start on the host printed, or the shell about it.
Error remoteProgramFailure(const std::string& host, const std::string& program,
                           std::string_view words);

}  // namespace ringscope
