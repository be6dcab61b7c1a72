// The words the OpenSSH client is started with, and the scripts it hands to a host's shell.
//
// ssh joins what it is given with spaces and the host's login shell takes it apart again, so every
// word that goes there is quoted here and nowhere else. The scripts hold no single quote, no
// backslash and no exclamation mark: in single quotes they mean the same to sh, csh and fish, which
// then all start `sh`.
#pragma once

#include "backend/config/host_list.h"

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

std::string shellQuoted(std::string_view word);

// Never asks, never forwards, takes new host keys and refuses changed ones, notices a dead link in
// a minute.
std::vector<std::string> sshWords(const SshOptions& options, const HostSpec& host,
                                  const std::string& remoteCommand);

// "exec sh -c 'SCRIPT' ringscope 'A' 'B'": in the script $1 is A.
std::string remoteShell(std::string_view script, const std::vector<std::string>& arguments);

// What a script says to us is a line that begins with this.
inline constexpr std::string_view bootMark = "ringscope-boot ";

// Where things are on a host. Programs lie in a folder named by the hash of their contents.
struct RemotePlace {
    std::string hash;
    std::string torchLibrary{};  // the folder the ranks were linked with; empty: they need none
};

// Becomes the agent: "ready", then the agent's own lines; or "missing", "no-libtorch FOLDER".
std::string agentCommand(const RemotePlace& place, const std::string& agent,
                         const std::vector<std::string>& arguments);

// Says "libtorch FOLDER" or "no-libtorch FOLDER", of each program "program NAME CODE WORDS" or
// "missing NAME", "cores N", "gpus N", "end".
std::string probeCommand(const RemotePlace& place, const std::vector<std::string>& programs);

// Keeps its standard input as the program `name`, whole and checked, or not at all: "copied" or
// "damaged".
std::string copyCommand(const RemotePlace& place, const std::string& name,
                        const std::string& sha256);

}  // namespace ringscope
