#include "kernels/device/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/StorageImpl.h>

namespace ringscope {

bool hasMemory(const at::Tensor& tensor) {
    return tensor.storage().unsafeGetStorageImpl()->data() != nullptr;
}

// The storage keeps its size, by which views of it are checked.
void dropMemory(const at::Tensor& tensor) {
    c10::StorageImpl* const storage = tensor.storage().unsafeGetStorageImpl();
    storage->set_data_ptr_noswap(c10::DataPtr(nullptr, storage->device()));
}

void takeMemory(const at::Tensor& tensor) {
    if (hasMemory(tensor)) return;
    c10::StorageImpl* const storage = tensor.storage().unsafeGetStorageImpl();
    storage->set_data_ptr_noswap(storage->allocator()->allocate(storage->nbytes()));
}

}  // namespace ringscope
