// The exit codes of `ringscope` and `ringscope-gui`; `ringscope --help` documents them.
#pragma once

#include "backend/core/result.h"

namespace ringscope::app {

enum Exit : int {
    Ok = 0,
    Internal = 1,
    Usage = 2,
    BadConfig = 3,
    NotFound = 4,
    BadStore = 5,
    PreflightFailed = 6,
    RunFailed = 7,
    Partial = 8,
    Interrupted = 130,
    Terminated = 143,
};

// The exit code of an error of this kind.
inline Exit exitFor(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidConfig:
            return BadConfig;
        case ErrorCode::NotFound:
            return NotFound;
        case ErrorCode::Unavailable:
            return PreflightFailed;
        case ErrorCode::Corrupt:
        case ErrorCode::Locked:
            return BadStore;
        case ErrorCode::Cancelled:
            return Interrupted;
        case ErrorCode::Failed:
            return Internal;
    }
    return Internal;
}

}  // namespace ringscope::app
