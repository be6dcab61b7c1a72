// NumPy's .npy files, format 1.0, little-endian, C order.
//
//     writeNpy("q.npy", {.type = "<f4", .shape = {1, 3824, 5, 128}, .bytes = ...});
//     python: numpy.load("q.npy")
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct NpyArray {
    std::string_view type;            // "<f4", "<f2", "<f8", "<i8"
    std::vector<std::int64_t> shape;  // none: a scalar
    std::string_view bytes;           // all elements, the last dimension fastest
};

// Everything before the elements: magic, version, and a header that ends on a multiple of 64 bytes.
std::string npyHeader(std::string_view type, const std::vector<std::int64_t>& shape);

// Whole numbers of a .npy file: of 1, 2, 4 or 8 bytes, signed or not.
struct NpyIntegers {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> values;  // the last dimension fastest
};
// Fails with one sentence where the file is no such file, or its sizes do not agree.
Result<NpyIntegers> readNpyIntegers(const std::filesystem::path& path);

// Never overwrites: a file that is there is an Error.
Result<void> writeNpy(const std::filesystem::path& path, const NpyArray& array);

}  // namespace ringscope
