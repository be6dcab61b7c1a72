// Whether a file is on a disk of this host or is shared over a network.
//
// Write-ahead logging keeps its index in memory that all programs map, which only works on one
// host; and file locks over a network are known to fail. So a store that is made there gets a
// rollback journal, and the user is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace ringscope::store {

// What statfs() calls the file system's type, in words where it is shared over a network: "NFS".
// Empty where it is not.
std::string_view networkFileSystemName(std::uint64_t type);

// Of the folder a file is in, or will be in.
std::string_view networkFileSystem(const std::filesystem::path& file);

}  // namespace ringscope::store
