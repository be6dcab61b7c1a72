// Finds and ends processes by a mark in their environment. A grandchild that made its own session
// has left its group and its parent, but still has its environment. No process is ended by its
// name.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

// Living processes of this user whose environment holds `assignment` ("NAME=value"), except the
// caller. Zombies have no environment and are not found.
std::vector<pid_t> processesMarked(const std::string& assignment);

// Sends SIGKILL to all of them until none is left or the limit has passed. In `betweenRounds` the
// caller reaps its children. Returns how many are left.
std::size_t sweepMarked(
    const std::string& assignment, std::chrono::milliseconds limit,
    const std::function<void()>& betweenRounds = [] {});

}  // namespace ringscope
