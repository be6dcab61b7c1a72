// What the memory that this thread allocates is for.
//
//     const MemoryScope scope(MemoryCategory::Communication);
//     buffer = at::empty(…);
//
// Where nobody says, a recording tells activations from workspace by how long they live.
#pragma once

#include "backend/trace/allocation.h"

namespace ringscope {

inline MemoryCategory& memoryCategoryHere() {
    thread_local MemoryCategory category = MemoryCategory::Unsaid;
    return category;
}

class MemoryScope {
public:
    explicit MemoryScope(MemoryCategory category) : before_(memoryCategoryHere()) {
        memoryCategoryHere() = category;
    }
    ~MemoryScope() { memoryCategoryHere() = before_; }
    MemoryScope(const MemoryScope&) = delete;
    MemoryScope& operator=(const MemoryScope&) = delete;

private:
    MemoryCategory before_;
};

// What `make` answers, allocated for `category`.
template <typename Make>
auto allocatedFor(MemoryCategory category, Make make) {
    const MemoryScope scope(category);
    return make();
}

}  // namespace ringscope
