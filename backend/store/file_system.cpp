#include "backend/store/file_system.h"

#include <sys/vfs.h>
#include <array>

namespace ringscope::store {
namespace {

struct NetworkFileSystem {
    std::uint64_t type;  // f_type of statfs(2)
    std::string_view name;
};

constexpr std::array networkFileSystems = {
    NetworkFileSystem{0x6969, "NFS"},        NetworkFileSystem{0x517b, "SMB"},
    NetworkFileSystem{0xfe534d42, "SMB"},    NetworkFileSystem{0xff534d42, "CIFS"},
    NetworkFileSystem{0x0bd00bd0, "Lustre"}, NetworkFileSystem{0x00c36400, "Ceph"},
    NetworkFileSystem{0x47504653, "GPFS"},   NetworkFileSystem{0x19830326, "BeeGFS"},
    NetworkFileSystem{0x5346414f, "AFS"},    NetworkFileSystem{0x01021997, "9p"},
    NetworkFileSystem{0xaad7aaea, "PanFS"},  NetworkFileSystem{0x7461636f, "OCFS2"},
    NetworkFileSystem{0x01161970, "GFS2"},   NetworkFileSystem{0x65735546, "FUSE"},
};

}  // namespace

std::string_view networkFileSystemName(std::uint64_t type) {
    for (const NetworkFileSystem& known : networkFileSystems)
        if (known.type == type) return known.name;
    return {};
}

std::string_view networkFileSystem(const std::filesystem::path& file) {
    struct statfs facts {};
    if (::statfs(file.parent_path().c_str(), &facts) != 0) return {};
    constexpr std::uint64_t typeBits = 0xffffffff;  // f_type is signed and may be 32 bits wide
    return networkFileSystemName(static_cast<std::uint64_t>(facts.f_type) & typeBits);
}

}  // namespace ringscope::store
