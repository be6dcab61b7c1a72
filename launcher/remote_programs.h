// The programs that are copied to a host, with their names there and their hashes.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

struct RemotePrograms {
    std::filesystem::path agent;
    std::vector<std::string> agentArguments{"agent"};
    std::vector<std::filesystem::path> others{};  // ranks, and what they load from beside them
    std::string torchLibrary{};                   // see RemotePlace

    // Those in the folder of this program.
    static RemotePrograms ours();
};

struct HashedFile {
    std::filesystem::path path;
    std::string name;
    std::string sha256;
    bool program = true;  // can be asked for its --version
};

struct HashedPrograms {
    std::string hash;               // of all of them together
    std::vector<HashedFile> files;  // in the order of copying: the agent last, so that a host with
                                    // the agent has all of them
};

// Fails with NotFound if a program is missing, and names the command that builds it.
Result<HashedPrograms> hashPrograms(const RemotePrograms& programs);

}  // namespace ringscope
