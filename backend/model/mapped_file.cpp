#include "backend/model/mapped_file.h"

#include "backend/core/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace ringscope {
namespace {

// The whole file; empty ones have no mapping.
Result<std::string_view> mapOpened(int file, const std::filesystem::path& path) {
    struct stat about {};
    if (::fstat(file, &about) != 0) return fileError(path, "read", errno);
    if (!S_ISREG(about.st_mode))
        return Error{ErrorCode::InvalidConfig,
                     "'" + path.string() + "' is no regular file; name one"};
    const auto size = static_cast<std::size_t>(about.st_size);
    if (size == 0) return std::string_view{};
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) return fileError(path, "read", errno);
    return std::string_view(static_cast<const char*>(bytes), size);
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    // Without O_NONBLOCK, opening a pipe that nobody writes would never return.
    const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) return fileError(path, "read", errno);
    const Result<std::string_view> bytes = mapOpened(file, path);
    ::close(file);
    if (!bytes.ok()) return bytes.error();
    return MappedFile(*bytes);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace ringscope
