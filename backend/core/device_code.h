// Functions small enough to be the same on a processor and on a GPU.
#pragma once

// Before a function that GPU kernels call too; nothing to a compiler that makes none.
#if defined(__CUDACC__)
#define RINGSCOPE_ON_DEVICES __host__ __device__
#else
#define RINGSCOPE_ON_DEVICES
#endif
