#include "backend/verify/npy.h"

#include <fmt/format.h>
#include <cerrno>
#include <cstdio>
#include <memory>
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
