#include "launcher/ssh_command.h"

#include "backend/core/shell.h"

#include <cstdlib>
#include <filesystem>

namespace ringscope {
namespace {

// $1: the hash. The empty line ends whatever a login script printed without a newline.
constexpr std::string_view findFolder =
    "c=${RINGSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ringscope}; d=$c/bin/$1; echo; ";

// $2: where libtorch is here, $3: what its folder is called in the cache. Leaves the folder in $t.
constexpr std::string_view findTorch =
    "t=; if [ -n \"$2\" ]; then "
    "for l in \"$2\" \"$RINGSCOPE_TORCH_DIR/torch/lib\" \"$c/$3/site/torch/lib\"; do "
    "if [ -z \"$t\" ] && [ -e \"$l/libtorch_cpu.so\" ]; then t=$l; fi; done; "
    "if [ -z \"$t\" ]; then echo \"ringscope-boot no-libtorch $c/$3\"; "
    "elif [ \"$t\" = \"$2\" ]; then :; "
    "else LD_LIBRARY_PATH=$t${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; export LD_LIBRARY_PATH; fi; "
    "fi; ";

constexpr std::string_view becomeAgent =
    "if [ -n \"$2\" ] && [ -z \"$t\" ]; then exit 0; fi; "
    "if [ -x \"$d/$4\" ]; then n=$4; shift 4; echo \"ringscope-boot ready\"; "
    "exec \"$d/$n\" \"$@\"; else echo \"ringscope-boot missing $4\"; fi";

// Whoever may write where the programs lie decides what they are.
constexpr std::string_view ownFoldersOnly =
    "for f in \"$c\" \"$c/bin\" \"$d\"; do if [ -e \"$f\" ]; then "
    "if [ -O \"$f\" ]; then chmod go-w \"$f\"; else echo \"ringscope-boot unsafe $f\"; exit 0; fi; "
    "fi; done; ";

// Behind the first three: for each file its name, its hash, and "program" or "library". A file
// that another user owns could change after it was looked at.
constexpr std::string_view probe =
    "if [ -n \"$t\" ]; then echo \"ringscope-boot libtorch $t\"; fi; shift 3; set -f; "
    "while [ $# -gt 0 ]; do s=; if [ -x \"$d/$1\" ] && [ -O \"$d/$1\" ]; then "
    "s=$(sha256sum <\"$d/$1\"); fi; "
    "if [ \"${s%% *}\" = \"$2\" ]; then if [ \"$3\" = program ]; then "
    "o=$(\"$d/$1\" --version 2>&1 </dev/null); echo \"ringscope-boot program $1 $?\" $o; fi; "
    "else echo \"ringscope-boot missing $1\"; fi; shift 3; done; "
    "if [ -d \"$d\" ]; then touch \"$d\"; fi; "
    "echo \"ringscope-boot cores $(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)\"; "
    "echo \"ringscope-boot gpus $(ls /proc/driver/nvidia/gpus 2>/dev/null | wc -l)\"; "
    "echo \"ringscope-boot end\"";

// $1: a path.
constexpr std::string_view lookAtFile =
    "w=missing; if [ -d \"$1\" ]; then w=folder; elif [ -r \"$1\" ]; then w=readable; "
    "elif [ -e \"$1\" ]; then w=denied; fi; echo; echo \"ringscope-boot $w\"";

// Removes programs that nobody asked for in a month.
constexpr std::string_view copy =
    "umask 077; f=$d/.$2.$$; sweep() { rm -f \"$f\"; }; trap sweep EXIT HUP INT TERM; "
    "mkdir -p \"$d\" && touch \"$d\" && "
    "find \"$c/bin\" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} + ; "
    "cat >\"$f\" && s=$(sha256sum <\"$f\") && "
    "if [ \"${s%% *}\" = \"$3\" ]; then chmod 700 \"$f\" && mv -f \"$f\" \"$d/$2\" && "
    "echo \"ringscope-boot copied\"; else echo \"ringscope-boot damaged\"; fi";

// ".../libtorch-2.11.0-7a5204ef/site/torch/lib" lies in the cache as "libtorch-2.11.0-7a5204ef".
std::string cacheName(const std::string& torchLibrary) {
    return std::filesystem::path(torchLibrary)
        .parent_path()
        .parent_path()
        .parent_path()
        .filename()
        .string();
}

std::string script(std::initializer_list<std::string_view> parts) {
    std::string whole;
    for (const std::string_view part : parts) whole += part;
    return whole;
}

}  // namespace

SshOptions sshOptionsFromEnvironment() {
    SshOptions options;
    if (const char* file = std::getenv("RINGSCOPE_SSH_CONFIG")) options.configFile = file;
    return options;
}

std::vector<std::string> sshWords(const SshOptions& options, const HostSpec& host,
                                  const std::string& remoteCommand) {
    std::vector<std::string> words = {options.program, "-T"};
    if (!options.configFile.empty()) words.insert(words.end(), {"-F", options.configFile});
    for (const char* option :
         {"BatchMode=yes", "StrictHostKeyChecking=accept-new", "ServerAliveInterval=15",
          "ServerAliveCountMax=4", "ControlMaster=no", "ForwardAgent=no", "ForwardX11=no",
          "ClearAllForwardings=yes", "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no",
          "EscapeChar=none", "LogLevel=ERROR"})
        words.insert(words.end(), {"-o", option});
    words.insert(words.end(), {"-o", "ConnectTimeout=" + std::to_string(options.connectSeconds)});
    if (host.port > 0) words.insert(words.end(), {"-p", std::to_string(host.port)});
    if (!host.user.empty()) words.insert(words.end(), {"-l", host.user});
    words.insert(words.end(), {"--", host.name, remoteCommand});
    return words;
}

std::string remoteShell(std::string_view script, const std::vector<std::string>& arguments) {
    std::string command = "exec sh -c " + shellQuoted(script) + " ringscope";
    for (const std::string& argument : arguments) command += " " + shellQuoted(argument);
    return command;
}

std::string agentCommand(const RemotePlace& place, const std::string& agent,
                         const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {place.hash, place.torchLibrary, cacheName(place.torchLibrary),
                                      agent};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return remoteShell(script({findFolder, findTorch, becomeAgent}), words);
}

std::string probeCommand(const RemotePlace& place, const std::vector<HashedFile>& files) {
    std::vector<std::string> words = {place.hash, place.torchLibrary,
                                      cacheName(place.torchLibrary)};
    for (const HashedFile& file : files)
        words.insert(words.end(), {file.name, file.sha256, file.program ? "program" : "library"});
    return remoteShell(script({findFolder, ownFoldersOnly, findTorch, probe}), words);
}

std::string readableCommand(const std::string& path) { return remoteShell(lookAtFile, {path}); }

std::string copyCommand(const RemotePlace& place, const std::string& name,
                        const std::string& sha256) {
    return remoteShell(script({findFolder, ownFoldersOnly, copy}), {place.hash, name, sha256});
}

}  // namespace ringscope
