// Functions small enough to be the same on a processor and on a GPU.
#pragma once

// Stands before a function that GPU kernels call too. Empty for a compiler without GPU code.
#if defined(__CUDACC__)
#define RINGSCOPE_ON_DEVICES __host__ __device__
#else
#define RINGSCOPE_ON_DEVICES
#endif
