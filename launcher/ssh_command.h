// The command line of the OpenSSH client, and the scripts it passes to a host's shell.
//
// ssh joins its arguments with spaces, and the host's login shell splits them again, so every word
// that goes to a host is quoted here and nowhere else. The scripts contain no single quote, no
// backslash and no exclamation mark: in single quotes they mean the same to sh, csh and fish, all
// of which then start `sh`.
#pragma once

#include "backend/config/host_list.h"
#include "launcher/remote_programs.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct SshOptions {
    std::string program = "ssh";
    std::string configFile{};  // ssh's -F; empty: the user's own configuration
    int connectSeconds = 10;
};

// RINGSCOPE_SSH_CONFIG names a configuration for ssh that is used instead of the user's.
SshOptions sshOptionsFromEnvironment();

// ssh never asks for a password and forwards nothing, accepts new host keys, refuses changed ones,
// and ends within a minute of the network failing.
std::vector<std::string> sshWords(const SshOptions& options, const HostSpec& host,
                                  const std::string& remoteCommand);

// "exec sh -c 'SCRIPT' ringscope 'A' 'B'": in the script $1 is A.
std::string remoteShell(std::string_view script, const std::vector<std::string>& arguments);

// A line that a script prints for this program begins with this mark.
inline constexpr std::string_view bootMark = "ringscope-boot ";

// Where programs are on a host: in a folder named by the hash of their contents.
struct RemotePlace {
    std::string hash;
    std::string torchLibrary{};  // the folder the ranks were linked with; empty: they need none
};

// Executes the agent. Prints "ready" before the agent's own lines, or "missing", or "no-libtorch
// FOLDER".
std::string agentCommand(const RemotePlace& place, const std::string& agent,
                         const std::vector<std::string>& arguments);

// Prints "libtorch FOLDER" or "no-libtorch FOLDER"; for each program "program NAME CODE WORDS";
// "missing NAME" for each file whose contents have another hash; then "cores N", "gpus N" and
// "end". Prints "unsafe FOLDER" and nothing more where another user owns the programs' folder.
std::string probeCommand(const RemotePlace& place, const std::vector<HashedFile>& files);

// Prints what a file is to whoever the session belongs to: "readable", "folder", "denied" or
// "missing".
std::string readableCommand(const std::string& path);

// Saves its standard input as the program `name` if its hash is `sha256`, and prints "copied"; else
// saves nothing and prints "damaged".
std::string copyCommand(const RemotePlace& place, const std::string& name,
                        const std::string& sha256);

}  // namespace ringscope
