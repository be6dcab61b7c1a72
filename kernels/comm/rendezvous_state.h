// What a RendezvousStore holds; for the files that make groups.
#pragma once

#include "kernels/comm/rendezvous.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

namespace ringscope {

struct RendezvousStore::State {
    c10::intrusive_ptr<c10d::Store> store;
    int port = 0;
};

}  // namespace ringscope
