// Activations in a file: written behind, read ahead, through two buffers.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/span.h"
#include "kernels/device/async_file.h"
#include "kernels/model/activation_store.h"
#include "kernels/train/aligned_buffer.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace ringscope {

class ActivationFiles final : public ActivationStore {
public:
    // For at most `most` tensors of at most `tensorBytes` at once. Makes the folder.
    static Result<std::unique_ptr<ActivationFiles>> make(const std::filesystem::path& folder,
                                                         std::int64_t tensorBytes,
                                                         std::int64_t most);

    // Throw std::runtime_error where the file cannot be written or read.
    void put(const at::Tensor& tensor) override;
    at::Tensor take() override;

    const AsyncFile& file() const { return *file_; }

private:
    static constexpr int bufferCount = 2;
    static_assert(bufferCount <= AsyncFile::lanes);  // each has a lane

    struct Waiting {
        std::vector<std::int64_t> shape;
        at::TensorOptions options;
        std::size_t bytes = 0;  // in the file
    };
    struct Buffer {
        AlignedBuffer aligned;
        std::int64_t holds = -1;  // the number of the tensor whose bytes these are
    };

    ActivationFiles(std::unique_ptr<AsyncFile> file, std::int64_t space);
    static int laneOf(std::int64_t number) { return static_cast<int>(number % bufferCount); }
    Buffer& bufferOf(std::int64_t number) {
        return buffers_[static_cast<std::size_t>(laneOf(number))];
    }
    void fetch(std::int64_t number);
    // What is waited for is `operation` in the trace.
    void await(std::int64_t number, Operation operation);

    std::unique_ptr<AsyncFile> file_;
    std::int64_t space_;
    std::array<Buffer, bufferCount> buffers_;
    std::vector<Waiting> waiting_;
};

}  // namespace ringscope
