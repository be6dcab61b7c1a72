#include "kernels/train/activation_files.h"

#include "backend/core/files.h"
#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>

#include <stdexcept>
#include <utility>

namespace ringscope {

ActivationFiles::ActivationFiles(std::unique_ptr<AsyncFile> file, std::int64_t space)
    : file_(std::move(file)), space_(space) {
    const MemoryScope scope(MemoryCategory::Communication);
    for (Buffer& buffer : buffers_) buffer.aligned = alignedBuffer(space);
}

Result<std::unique_ptr<ActivationFiles>> ActivationFiles::make(const std::filesystem::path& folder,
                                                               std::int64_t tensorBytes,
                                                               std::int64_t most) {
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    const std::int64_t space = spaceOf(tensorBytes);
    RINGSCOPE_TRY(
        std::unique_ptr<AsyncFile> file,
        AsyncFile::make(folder, space * most, {"memory.offload_activations disk", "activations"}));
    return std::unique_ptr<ActivationFiles>(new ActivationFiles(std::move(file), space));
}

void ActivationFiles::await(std::int64_t number, Operation operation) {
    const ScopedSpan span(tagHere(SpanKind::Copy, operation));
    if (const Result<void> done = file_->wait(laneOf(number)); !done.ok())
        throw std::runtime_error(done.error().message);
}

void ActivationFiles::put(const at::Tensor& tensor) {
    const std::int64_t number = std::ssize(waiting_);
    const std::int64_t bytes = tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
    Buffer& buffer = bufferOf(number);
    await(number, Operation::Offload);
    at::Tensor copy = buffer.aligned.bytes.narrow(0, 0, bytes).view(tensor.scalar_type());
    copy.copy_(tensor.reshape({-1}));
    buffer.holds = number;
    waiting_.push_back(
        {tensor.sizes().vec(), tensor.options(), static_cast<std::size_t>(spaceOf(bytes))});
    file_->write(laneOf(number), buffer.aligned.bytes.data_ptr(), waiting_.back().bytes,
                 number * space_);
}

void ActivationFiles::fetch(std::int64_t number) {
    if (number < 0 || bufferOf(number).holds == number) return;
    await(number, Operation::Offload);
    bufferOf(number).holds = number;
    file_->read(laneOf(number), bufferOf(number).aligned.bytes.data_ptr(),
                waiting_[static_cast<std::size_t>(number)].bytes, number * space_);
}

at::Tensor ActivationFiles::take() {
    const std::int64_t number = std::ssize(waiting_) - 1;
    const Waiting about = waiting_.back();
    fetch(number);
    await(number, Operation::Reload);
    at::Tensor tensor = at::empty(about.shape, about.options);
    const std::int64_t bytes = tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
    tensor.view({-1}).copy_(
        bufferOf(number).aligned.bytes.narrow(0, 0, bytes).view(tensor.scalar_type()));
    waiting_.pop_back();
    fetch(number - std::ssize(buffers_));
    return tensor;
}

}  // namespace ringscope
