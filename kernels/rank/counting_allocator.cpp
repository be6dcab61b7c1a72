#include "kernels/rank/counting_allocator.h"

#include "kernels/rank/memory_budget.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <cstddef>
#include <new>

namespace ringscope {
namespace {

// Memory is one block: a header that says what it is, then the tensor's bytes. The header is as
// long as libtorch's alignment, so the tensor's bytes are aligned as before.
constexpr std::size_t headerBytes = c10::gAlignment;
static_assert(headerBytes >= sizeof(LiveBlock) && alignof(LiveBlock) <= c10::gAlignment);

MemoryMeter& meter() {
    static MemoryMeter* const lasting = new MemoryMeter;  // tensors may outlive every static
    return *lasting;
}

void release(void* tensorBytes) {
    if (tensorBytes == nullptr) return;
    auto* block = reinterpret_cast<LiveBlock*>(static_cast<char*>(tensorBytes) - headerBytes);
    meter().freed(block->about.bytes);
    cpuTensorLog().freed(*block);
    c10::free_cpu(block);
}

class CountingAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) override {
        const c10::Device cpu(c10::DeviceType::CPU);
        if (bytes == 0) return {nullptr, nullptr, &release, cpu};
        const auto size = static_cast<std::int64_t>(bytes);
        if (!meter().allocatedWithinLimit(size)) {
            keepRefusal({size}, cpuTensorLog());
            throw BudgetError({size});
        }
        char* block = blockOf(bytes);
        cpuTensorLog().allocated(*new (block) LiveBlock, size);
        char* tensorBytes = block + headerBytes;
        return {tensorBytes, tensorBytes, &release, cpu};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        default_copy_data(to, from, bytes);
    }

private:
    static char* blockOf(std::size_t bytes) {
        try {
            return static_cast<char*>(c10::alloc_cpu(bytes + headerBytes));
        } catch (...) {  // the host has no more
            meter().freed(static_cast<std::int64_t>(bytes));
            throw;
        }
    }
};

}  // namespace

AllocationLog& cpuTensorLog() {
    static AllocationLog* const lasting = new AllocationLog;
    return *lasting;
}

MemoryMeter& countCpuTensors() {
    static CountingAllocator* const allocator = [] {
        auto* made = new CountingAllocator;
        constexpr std::uint8_t aboveDefault = 1;
        c10::SetCPUAllocator(made, aboveDefault);
        return made;
    }();
    static_cast<void>(allocator);
    return meter();
}

void limitCpuTensors(std::optional<Bytes> budget) {
    forgetRefusal();
    countCpuTensors().setLimit(budget);
}

}  // namespace ringscope
