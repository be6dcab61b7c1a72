// A kernel as the program of one block of threads, in phases:
//
//     Registers<float> sum;                                // one for each thread
//     block.all([&](int thread) { sum[thread] = ...; });   // each does this, then a barrier
//     block.all([&](int thread) { ... });
//
// On a GPU a phase is what one thread does and a barrier. Compiled for the host, it is a loop over
// the threads: the twin, by which the same source is tested where there is no GPU. There is a
// barrier after each phase only, so what one thread writes another may read in a later phase, not
// in the same. The twin runs the threads in any given order, to show that no phase depends on it.
#pragma once

#if defined(__CUDACC__)
#define RINGSCOPE_KERNEL __device__ __forceinline__
#define RINGSCOPE_UNROLL _Pragma("unroll")
#else
#define RINGSCOPE_KERNEL inline
#define RINGSCOPE_UNROLL
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#endif

namespace ringscope::kernel {

constexpr int blockThreads = 256;

#if defined(__CUDACC__)

class ThreadBlock {
public:
    template <typename Phase>
    __device__ __forceinline__ void all(Phase&& phase) const {
        phase(static_cast<int>(threadIdx.x));
        __syncthreads();
    }
};

template <typename Value>
class Registers {
public:
    __device__ __forceinline__ Value& operator[](int) { return value_; }

private:
    Value value_;
};

#else

enum class ThreadOrder { Up, Down, EvenFirst };

class ThreadBlock {
public:
    explicit ThreadBlock(ThreadOrder order) : order_(order) {}

    template <typename Phase>
    void all(Phase&& phase) const {
        for (int i = 0; i < blockThreads; ++i) phase(threadAt(i));
    }

private:
    int threadAt(int i) const {
        if (order_ == ThreadOrder::Down) return blockThreads - 1 - i;
        if (order_ == ThreadOrder::EvenFirst) return i < blockThreads / 2 ? 2 * i : 2 * i - 255;
        return i;
    }

    ThreadOrder order_;
};

// Makes values that were never written no numbers, so that code which reads them fails its tests.
template <typename Value>
void fillWithNoNumbers(Value& value) {
    std::memset(&value, 0xff, sizeof(Value));
}

template <typename Value>
class Registers {
public:
    Registers() { fillWithNoNumbers(*values_); }
    Value& operator[](int thread) { return (*values_)[static_cast<std::size_t>(thread)]; }

private:
    std::unique_ptr<std::array<Value, blockThreads>> values_ =
        std::make_unique<std::array<Value, blockThreads>>();
};

#endif

}  // namespace ringscope::kernel
