#include "backend/model/npy.h"

#include "backend/core/files.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

namespace ringscope {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t prefix = 10;  // magic, version, length

// "(4,)" and "(1, 2)", as Python writes a tuple.
std::string tuple(const std::vector<std::int64_t>& shape) {
    std::string text = "(";
    for (const std::int64_t size : shape) text += std::to_string(size) + ", ";
    if (shape.size() > 1) text.resize(text.size() - 2);
    if (shape.size() == 1) text.pop_back();
    return text + ")";
}

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

Error failed(const std::filesystem::path& path, int number) {
    return {ErrorCode::Failed, fmt::format("cannot write '{}': {}", path.string(),
                                           std::generic_category().message(number))};
}

// How the elements of a type are read.
struct IntegerReader {
    std::string_view type;
    std::size_t bytes = 0;
    std::int64_t (*read)(const char* from) = nullptr;
};

template <typename Number>
std::int64_t readNumber(const char* from) {
    Number number{};
    std::memcpy(&number, from, sizeof number);
    return static_cast<std::int64_t>(number);
}

constexpr std::array integerReaders = {
    IntegerReader{"|i1", 1, readNumber<std::int8_t>},
    IntegerReader{"|u1", 1, readNumber<std::uint8_t>},
    IntegerReader{"<i2", 2, readNumber<std::int16_t>},
    IntegerReader{"<u2", 2, readNumber<std::uint16_t>},
    IntegerReader{"<i4", 4, readNumber<std::int32_t>},
    IntegerReader{"<u4", 4, readNumber<std::uint32_t>},
    IntegerReader{"<i8", 8, readNumber<std::int64_t>},
    IntegerReader{"<u8", 8, readNumber<std::uint64_t>},
};

Error notRead(const std::filesystem::path& path, std::string_view why) {
    return {ErrorCode::InvalidConfig,
            fmt::format("'{}' {}; write it with numpy.save(), as integers", path.string(), why)};
}

// The text behind `key` in the header's Python dictionary, up to the end of the value.
std::string_view valueOf(std::string_view header, std::string_view key) {
    const std::size_t at = header.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) return {};
    const std::string_view rest = trim(header.substr(at + key.size() + 3));
    const char last = rest.starts_with('(') ? ')' : ',';
    const std::size_t end = rest.find(last);
    return rest.substr(0, last == ')' && end != std::string_view::npos ? end + 1 : end);
}

// "(2, 24)"; nothing where it is no tuple of sizes that can be multiplied.
std::optional<std::vector<std::int64_t>> readTuple(std::string_view text) {
    constexpr std::int64_t most = std::int64_t{1} << 40;
    if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
    std::vector<std::int64_t> shape;
    std::int64_t elements = 1;
    for (const std::string& part : split(text.substr(1, text.size() - 2), ',')) {
        if (trim(part).empty()) continue;
        const std::optional<std::int64_t> size = parseInteger(part);
        if (!size || *size < 0 || *size > most ||
            elements > most / std::max<std::int64_t>(1, *size))
            return std::nullopt;
        elements *= *size;
        shape.push_back(*size);
    }
    return shape;
}

}  // namespace

std::string npyHeader(std::string_view type, const std::vector<std::int64_t>& shape) {
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, tuple(shape));
    const std::size_t used = prefix + header.size() + 1;  // and a newline
    header.append((alignment - used % alignment) % alignment, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 0xffU);
    bytes += static_cast<char>(header.size() >> 8U);
    return bytes + header;
}

Result<NpyIntegers> readNpyIntegers(const std::filesystem::path& path) {
    RINGSCOPE_TRY(const std::string file, readFile(path));
    constexpr std::string_view magic = "\x93NUMPY";
    if (!file.starts_with(magic) || file.size() < prefix + 2)
        return notRead(path, "is no .npy file");
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(file[at]); };
    const bool longHeader = byte(6) >= 2;  // versions 2 and 3 have four bytes of length
    const std::size_t begin = longHeader ? prefix + 2 : prefix;
    std::size_t size = byte(8) + 256UL * byte(9);
    if (longHeader) size += 65536UL * byte(10) + 16777216UL * byte(11);
    if (size > file.size() - begin) return notRead(path, "ends within its header");
    const std::string_view header = std::string_view(file).substr(begin, size);
    const std::string_view type = valueOf(header, "descr");
    const auto reader = std::ranges::find_if(integerReaders, [&](const IntegerReader& row) {
        return type == fmt::format("'{}'", row.type);
    });
    if (reader == integerReaders.end()) {
        const bool quoted = type.size() > 1 && type.front() == '\'';
        return notRead(path, fmt::format("holds elements of type {}, not integers",
                                         shown(quoted ? type.substr(1, type.size() - 2) : type)));
    }
    if (valueOf(header, "fortran_order") != "False") return notRead(path, "is not in C order");
    std::optional<std::vector<std::int64_t>> shape = readTuple(valueOf(header, "shape"));
    if (!shape) return notRead(path, "has a header without a shape");
    std::size_t count = 1;
    for (const std::int64_t each : *shape) count *= static_cast<std::size_t>(each);
    const std::string_view data = std::string_view(file).substr(begin + size);
    if (data.size() != count * reader->bytes)
        return notRead(path, fmt::format("has {} bytes behind its header, and its shape needs {}",
                                         data.size(), count * reader->bytes));
    NpyIntegers integers{.shape = *std::move(shape), .values = {}};
    integers.values.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        integers.values.push_back(reader->read(data.data() + i * reader->bytes));
    return integers;
}

Result<void> writeNpy(const std::filesystem::path& path, const NpyArray& array) {
    const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "wbx"));
    if (!file) return failed(path, errno);
    const std::string header = npyHeader(array.type, array.shape);
    for (const std::string_view part : {std::string_view(header), array.bytes})
        if (std::fwrite(part.data(), 1, part.size(), file.get()) != part.size())
            return failed(path, errno);
    if (std::fflush(file.get()) != 0) return failed(path, errno);
    return {};
}

}  // namespace ringscope
