// The files that data.source names, as they are on this machine.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

enum class DataKind : std::uint8_t { Builtin, Text, JsonLines, Ids };

struct DataFile {
    std::string path{};  // of Builtin its name
    DataKind kind = DataKind::Text;
    std::int64_t bytes = 0;

    // What changes where the file does: its place, size, inode and times. Nothing else can be known
    // without reading it.
    std::string state{};
};

// In the order of the list, the files of a pattern by their names. Fails where a name means no
// regular file that can be read, or an empty one.
Result<std::vector<DataFile>> dataFiles(const DataConfig& data);

}  // namespace ringscope
