// A Group over c10d's Gloo: CPU tensors over TCP.
#pragma once

#include "kernels/comm/rendezvous.h"

namespace ringscope {

// Throws what c10d throws; makeGroup() turns it into an Error.
std::unique_ptr<Group> makeGlooGroup(const RendezvousStore& rendezvous,
                                     const GroupOptions& options);

}  // namespace ringscope
