// Files of tensors for tests, correct or not.
#pragma once

#include "backend/core/output_file.h"
#include "backend/model/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::test {

// A file of this header and so many bytes of data, whether they fit together or not.
inline std::string tensorFile(std::string_view header, std::size_t data) {
    std::string file(8, '\0');
    for (int i = 0; i < 8; ++i)
        file[static_cast<std::size_t>(i)] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
    file += header;
    for (std::size_t i = 0; i < data; ++i) file += static_cast<char>(i * 7 + 1);
    return file;
}

inline void writeFile(const std::filesystem::path& path, std::string_view content) {
    const Result<void> written = writeOutput(path, content);
    ASSERT_TRUE(written.ok()) << written.error().message;
}

inline OutgoingTensor madeTensor(std::string name, TensorType type, std::vector<std::int64_t> shape,
                                 std::string bytes) {
    return {std::move(name), type, std::move(shape), [bytes = std::move(bytes)](TensorSink& sink) {
                sink.write(std::as_bytes(std::span(bytes)));
            }};
}

inline OutgoingTensor zeroTensor(std::string name, TensorType type,
                                 std::vector<std::int64_t> shape) {
    const std::uint64_t bytes = *tensorBytes(type, shape);
    return madeTensor(std::move(name), type, std::move(shape), std::string(bytes, '\0'));
}

}  // namespace ringscope::test
