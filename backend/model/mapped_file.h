// A regular file as memory: what is not looked at is not read.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string_view>

namespace ringscope {

// Owns the mapping. The file must not become shorter while it lives: reading what is gone ends the
// program. Files that are replaced as a whole (output_file.h) are safe.
class MappedFile {
public:
    // Fails where the path names no regular file; links are followed.
    static Result<MappedFile> open(const std::filesystem::path& path);

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::string_view bytes() const { return bytes_; }

private:
    explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}

    std::string_view bytes_;
};

}  // namespace ringscope
