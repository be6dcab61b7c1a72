#include "backend/memory/message_pool.h"

#include <algorithm>

namespace ringscope {

Pooled MessagePool::take(std::int64_t count, std::int64_t bytesEach) {
    Memory wanted{.count = count, .bytesEach = bytesEach};
    const auto found = std::ranges::find_if(unused_, [&](const Memory& memory) {
        return memory.count == count && memory.bytesEach == bytesEach;
    });
    if (found != unused_.end()) {
        wanted = std::move(*found);
        unused_.erase(found);
        idle_ -= wanted.bytes();
    } else {
        while (!unused_.empty() && inUse_ + idle_ + wanted.bytes() > limit_) {
            idle_ -= unused_.front().bytes();
            unused_.erase(unused_.begin());
        }
        const CategoryScope scope(program_, MemoryCategory::Communication);
        wanted.held = program_.hold(wanted.bytes());
    }
    inUse_ += wanted.bytes();
    Pooled pooled;
    pooled.taken_ = std::make_shared<const Pooled::Taken>(*this, std::move(wanted));
    return pooled;
}

void MessagePool::giveBack(Memory memory) {
    inUse_ -= memory.bytes();
    idle_ += memory.bytes();
    unused_.push_back(std::move(memory));
}

}  // namespace ringscope
