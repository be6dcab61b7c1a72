// Tensors whose memory comes and goes while views of them stay: what a view reads is what the
// memory holds now.
#pragma once

#include <ATen/core/Tensor.h>

namespace ringscope {

// Frees the memory of a tensor that is all of its storage. Nothing may read it, or views of it,
// until takeMemory(); new views may be made. Freeing twice is freeing once.
void dropMemory(const at::Tensor& tensor);

// Memory as before, with no particular contents. A tensor that has its memory keeps it.
void takeMemory(const at::Tensor& tensor);

bool hasMemory(const at::Tensor& tensor);

}  // namespace ringscope
