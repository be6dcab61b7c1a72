// A Group over a process group that someone else in this process made with c10d: the group of a
// Python program's torch.distributed.
#pragma once

#include "kernels/comm/group.h"

#include <memory>
#include <string>

namespace ringscope {

// `name` is what the process group is registered by with c10d (its group_name in Python). Its CPU
// tensors must go over Gloo. Its messages and those of its owner must be posted in the same order
// on all of its ranks. Throws GroupError where there is no such group.
std::unique_ptr<Group> groupOfCaller(const std::string& name);

}  // namespace ringscope
