// A file that grows by whole records while a run goes on; others may read it meanwhile.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string_view>

namespace ringscope {

class EventFile {
public:
    enum class Existing { Appended, Refused };

    static Result<EventFile> open(const std::filesystem::path& path, Existing existing);
    EventFile(EventFile&& other) noexcept;
    EventFile& operator=(EventFile&&) = delete;
    ~EventFile();

    Result<void> append(std::string_view record);

private:
    EventFile(std::filesystem::path path, int number);

    std::filesystem::path path_;
    int number_ = -1;
};

}  // namespace ringscope
