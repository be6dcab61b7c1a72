// Whether a file is on a disk of this host or on a network file system.
//
// Write-ahead logging keeps its index in memory that all programs share, which works on one host
// only, and file locks over a network are known to fail. So a store that is created there gets a
// rollback journal, and Store::caution() warns the user.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace ringscope::store {

// The name of a network file system, "NFS", by the type that statfs() returns; empty for others.
std::string_view networkFileSystemName(std::uint64_t type);

// The same for the folder that `file` is in, or will be created in.
std::string_view networkFileSystem(const std::filesystem::path& file);

}  // namespace ringscope::store
