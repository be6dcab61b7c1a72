// The exit codes of `ringscope` and `ringscope-gui`; `ringscope --help` documents them.
#pragma once

#include "backend/core/result.h"

#include <unistd.h>
#include <string>

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

// The exit code of `ringscope migrate` and of the window's --migrate, where `file` could not be
// migrated: one that can be read and is no configuration is invalid.
inline Exit migrationExit(const Error& error, const std::string& file) {
    const bool readable = ::access(file.c_str(), R_OK) == 0;
    return readable || error.code == ErrorCode::InvalidConfig ? BadConfig : NotFound;
}

// What kind of error ended the other program with this code, so that ours ends with the same.
inline ErrorCode errorCodeOf(int exit) {
    switch (exit) {
        case Usage:
        case BadConfig:
            return ErrorCode::InvalidConfig;
        case NotFound:
            return ErrorCode::NotFound;
        case BadStore:
            return ErrorCode::Corrupt;
        case PreflightFailed:
            return ErrorCode::Unavailable;
        case Interrupted:
        case Terminated:
            return ErrorCode::Cancelled;
        default:
            return ErrorCode::Failed;
    }
}

}  // namespace ringscope::app
