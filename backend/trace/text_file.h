// Writes a large text piece by piece. A failure leaves no file of that name.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace ringscope {

template <typename Write>
Result<void> writeTraceText(const std::filesystem::path& file, const Write& write) {
    const std::filesystem::path half = file.string() + ".part";
    std::ofstream out(half, std::ios::binary | std::ios::trunc);
    write(out);
    out.close();
    std::error_code failed;
    if (out) std::filesystem::rename(half, file, failed);
    if (!out || failed) {
        std::filesystem::remove(half, failed);
        return Error{ErrorCode::Failed,
                     "cannot write '" + file.string() + "'; is the disk full, the folder there?"};
    }
    return {};
}

}  // namespace ringscope
