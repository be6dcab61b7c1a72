// Finds and ends processes by a mark in their environment, wherever they moved: a grandchild that
// made its own session left its group and its parent, but not its environment. Nothing is ever
// ended by its name.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

// Living processes of this user whose environment holds `assignment` ("NAME=value"), except the
// caller. A zombie has no environment any more.
std::vector<pid_t> processesMarked(const std::string& assignment);

// SIGKILL to all of them, again and again until none is left or the time is over. `betweenRounds`
// is where the caller reaps its children. Answers how many are left.
std::size_t sweepMarked(
    const std::string& assignment, std::chrono::milliseconds limit,
    const std::function<void()>& betweenRounds = [] {});

}  // namespace ringscope
