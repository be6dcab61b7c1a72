// Loops over arrays as vector code for the processor the program runs on.
#pragma once

// A function with RINGSCOPE_VECTOR is compiled for three generations of x86; the loader picks one.
// What it calls in its loops has to be RINGSCOPE_INLINE. The file is compiled with
// ringscope_vector_options (kernels/CMakeLists.txt).
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RINGSCOPE_GENERATIONS 1
#define RINGSCOPE_VECTOR \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RINGSCOPE_VECTOR
#endif
#define RINGSCOPE_INLINE inline __attribute__((always_inline))
