// The programs a host needs, as they are here: what is copied there, under which name, checked by
// which hash.
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

    // Those beside this program.
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
    std::vector<HashedFile> files;  // the agent is the last one: where it is, the others are
};

// An Error where one is missing: it says how to build it.
Result<HashedPrograms> hashPrograms(const RemotePrograms& programs);

}  // namespace ringscope
