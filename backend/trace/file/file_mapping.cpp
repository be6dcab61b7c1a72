#include "backend/trace/file/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace ringscope {

Result<FileMapping> FileMapping::open(const std::filesystem::path& path) {
    const auto failure = [&] {
        return Error{ErrorCode::NotFound, "cannot read the trace '" + path.string() +
                                              "': " + std::generic_category().message(errno)};
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failure();
    struct stat status {};
    void* bytes = MAP_FAILED;
    if (::fstat(file, &status) == 0 && status.st_size > 0)
        bytes = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE,
                       file, 0);
    ::close(file);
    if (bytes == MAP_FAILED && status.st_size > 0) return failure();
    if (bytes == MAP_FAILED)
        return Error{ErrorCode::Corrupt, "'" + path.string() + "' is empty; expected a trace"};
    return FileMapping(bytes, static_cast<std::size_t>(status.st_size));
}

FileMapping::~FileMapping() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
}
FileMapping::FileMapping(FileMapping&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
FileMapping& FileMapping::operator=(FileMapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
}

}  // namespace ringscope
