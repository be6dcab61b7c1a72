// Maps a file into memory: its bytes are read from disk when they are first used.
#pragma once

#include "backend/core/result.h"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace ringscope {

class FileMapping {
public:
    // An empty file is an Error: there is nothing to map, and no trace is empty.
    static Result<FileMapping> open(const std::filesystem::path& path);
    ~FileMapping();
    FileMapping(FileMapping&& other) noexcept;
    FileMapping& operator=(FileMapping&& other) noexcept;

    std::string_view view() const { return {static_cast<const char*>(bytes_), size_}; }

private:
    FileMapping(void* bytes, std::size_t size) : bytes_(bytes), size_(size) {}
    void* bytes_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ringscope
