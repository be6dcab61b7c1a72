// Memory of messages as the pool of kernels/comm/buffer_pool.h hands it out: kept from pass to
// pass, used again where size and type are the same, given up for other sizes at the limit.
#pragma once

#include "backend/memory/allocation_program.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ringscope {

class MessagePool;

// Goes back to its pool when the last copy is gone.
class Pooled {
public:
    bool defined() const { return taken_ != nullptr; }
    bool isSame(const Pooled& other) const { return taken_ == other.taken_; }

private:
    friend class MessagePool;
    struct Taken;
    std::shared_ptr<const Taken> taken_;
};

class MessagePool {
public:
    // Must outlive what it gave out, and the program must outlive the pool.
    MessagePool(AllocationProgram& program, std::int64_t limit)
        : program_(program), limit_(limit) {}
    MessagePool(const MessagePool&) = delete;
    MessagePool& operator=(const MessagePool&) = delete;

    Pooled take(std::int64_t count, std::int64_t bytesEach);

private:
    friend struct Pooled::Taken;
    struct Memory {
        std::int64_t count = 0;
        std::int64_t bytesEach = 0;
        Held held{};
        std::int64_t bytes() const { return count * bytesEach; }
    };
    void giveBack(Memory memory);

    AllocationProgram& program_;
    std::int64_t limit_;
    std::int64_t inUse_ = 0;
    std::int64_t idle_ = 0;
    std::vector<Memory> unused_;
};

struct Pooled::Taken {
    Taken(MessagePool& by, MessagePool::Memory of) : pool(by), memory(std::move(of)) {}
    ~Taken() { pool.giveBack(memory); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    MessagePool& pool;
    MessagePool::Memory memory;
};

}  // namespace ringscope
