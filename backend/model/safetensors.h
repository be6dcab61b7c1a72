// The file format of a model's tensors: https://github.com/huggingface/safetensors
//
//     u64, little endian    bytes of the header, 100 MB at most
//     the header            {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": ...},
//                           then spaces up to a multiple of 8 bytes
//     the data              tensor behind tensor, without a gap, to the end of the file
//
// Read strictly: what the format forbids is refused, also where other readers let it pass (a key
// twice, a space before the header).
#pragma once

#include "backend/core/choice.h"
#include "backend/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

// What a tensor's scalars are stored as. The order is that of the format's own table, by which
// writers sort.
enum class TensorType : std::uint8_t {
    Bool,
    F4,
    F6E2M3,
    F6E3M2,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    F8E8M0,
    F8E4M3Fnuz,
    F8E5M2Fnuz,
    I16,
    U16,
    F16,
    Bf16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64
};
struct TensorTypeRow {
    TensorType value{};
    std::string_view name;
    int bits = 0;
    bool weights = false;  // can be read as the weights of a model
};
inline constexpr std::array tensorTypes = {
    TensorTypeRow{TensorType::Bool, "BOOL", 8},
    TensorTypeRow{TensorType::F4, "F4", 4},
    TensorTypeRow{TensorType::F6E2M3, "F6_E2M3", 6},
    TensorTypeRow{TensorType::F6E3M2, "F6_E3M2", 6},
    TensorTypeRow{TensorType::U8, "U8", 8},
    TensorTypeRow{TensorType::I8, "I8", 8},
    TensorTypeRow{TensorType::F8E5M2, "F8_E5M2", 8},
    TensorTypeRow{TensorType::F8E4M3, "F8_E4M3", 8},
    TensorTypeRow{TensorType::F8E8M0, "F8_E8M0", 8},
    TensorTypeRow{TensorType::F8E4M3Fnuz, "F8_E4M3FNUZ", 8},
    TensorTypeRow{TensorType::F8E5M2Fnuz, "F8_E5M2FNUZ", 8},
    TensorTypeRow{TensorType::I16, "I16", 16},
    TensorTypeRow{TensorType::U16, "U16", 16},
    TensorTypeRow{TensorType::F16, "F16", 16, true},
    TensorTypeRow{TensorType::Bf16, "BF16", 16, true},
    TensorTypeRow{TensorType::I32, "I32", 32},
    TensorTypeRow{TensorType::U32, "U32", 32},
    TensorTypeRow{TensorType::F32, "F32", 32, true},
    TensorTypeRow{TensorType::C64, "C64", 64},
    TensorTypeRow{TensorType::F64, "F64", 64, true},
    TensorTypeRow{TensorType::I64, "I64", 64},
    TensorTypeRow{TensorType::U64, "U64", 64},
};
constexpr const auto& choicesOf(TensorType /*any*/) { return tensorTypes; }
static_assert(inOrder(tensorTypes));

inline constexpr std::uint64_t largestTensorHeader = 100'000'000;  // bytes

using TensorMetadata = std::vector<std::pair<std::string, std::string>>;

struct TensorEntry {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;  // none: one scalar
    std::uint64_t begin = 0;          // first byte in the file
    std::uint64_t end = 0;
};

struct TensorTable {
    std::vector<TensorEntry> tensors;  // as they lie in the file
    TensorMetadata metadata;           // in the order of the file
};

// Of the bytes of a whole file; only those of the header are looked at. Fails with Corrupt and one
// sentence that names the tensor.
Result<TensorTable> readTensorTable(std::string_view file);

// "[4, 16]", "[]"
std::string shownShape(const std::vector<std::int64_t>& shape);

// Takes a tensor's bytes, in order.
class TensorSink {
public:
    virtual ~TensorSink() = default;
    virtual void write(std::span<const std::byte> bytes) = 0;
};

struct OutgoingTensor {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;
    // Must write exactly the bytes of type and shape.
    std::function<void(TensorSink& sink)> write;
};

// Bytes of a tensor of this type and shape; nothing where there is no whole number of them that
// fits.
std::optional<std::uint64_t> tensorBytes(TensorType type, const std::vector<std::int64_t>& shape);

// Writes what the format's own writer does, byte for byte: wide types first, then by name. Fails
// where a tensor writes another number of bytes than it has, and where a name is empty, is said
// twice or is "__metadata__".
Result<void> writeTensors(std::ostream& out, std::vector<OutgoingTensor> tensors,
                          const TensorMetadata& metadata);
// The same into a file, which appears whole or not at all.
Result<void> writeTensorFile(const std::filesystem::path& path, std::vector<OutgoingTensor> tensors,
                             const TensorMetadata& metadata);

}  // namespace ringscope
