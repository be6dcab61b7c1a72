// Attention of one layer under a mode of Ringscope, for programs of other languages.
//
//     ringscope_layer_spec spec = {.batch = 1, .tokens = 4096, .heads = 8, .kv_heads = 8,
//                                  .head_size = 64, .type = "fp32", .mode = "none",
//                                  .causal = 1, .window_left = -1, .window_right = -1};
//     ringscope_layer* layer = NULL;
//     char why[256];
//     if (ringscope_layer_open(&spec, &layer, why, sizeof why) != 0) puts(why);
//     ringscope_layer_forward(layer, q, k, v, out, why, sizeof why);
//     ringscope_layer_backward(layer, d_out, dq, dk, dv, why, sizeof why);
//     ringscope_layer_close(layer);
//
// Tensors are contiguous host memory: q, out, d_out and dq of (batch, held, heads, head_size); k,
// v, dk and dv of (batch, held, kv_heads, head_size), where `held` is ringscope_layer_tokens().
// Each rank has the rows of its own tokens, in the order of ringscope_layer_held().
//
// Functions that return an int return 0, or 1 and write a sentence into `why`, cut to `room` bytes.
// All ranks must make the same calls in the same order. A layer belongs to one thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ringscope_layer ringscope_layer;

typedef struct {
    int64_t batch;
    int64_t tokens;  // of the whole sequence, over all ranks
    int64_t heads;
    int64_t kv_heads;
    int64_t head_size;
    const char* type;   // fp32, fp64, bf16, fp16
    const char* mode;   // none, ring, zigzag, ...: `ringscope modes` lists them
    const char* group;  // name of a process group of c10d in this process; NULL: one rank
    // "attention.pattern.kind=dilated", ... and NULL at the end; NULL: no pattern
    const char* const* pattern;
    int causal;
    int64_t window_left;  // a query sees so many keys before its own; -1: all
    int64_t window_right;
    double scale;  // of scores; 0: 1 / sqrt(head_size)
} ringscope_layer_spec;

// The version of libtorch that this library was built with; no other may be loaded beside it.
const char* ringscope_torch_version(void);

int ringscope_layer_open(const ringscope_layer_spec* spec, ringscope_layer** layer, char* why,
                         size_t room);
void ringscope_layer_close(ringscope_layer* layer);

// How many tokens this rank holds, and which.
int64_t ringscope_layer_tokens(const ringscope_layer* layer);
void ringscope_layer_held(const ringscope_layer* layer, int64_t* tokens);

int ringscope_layer_forward(ringscope_layer* layer, const void* q, const void* k, const void* v,
                            void* out, char* why, size_t room);
// Of the last forward pass, whose q, k and v must still be there, unchanged.
int ringscope_layer_backward(ringscope_layer* layer, const void* d_out, void* dq, void* dk,
                             void* dv, char* why, size_t room);

#ifdef __cplusplus
}
#endif
