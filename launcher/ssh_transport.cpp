#include "launcher/ssh_transport.h"

#include "backend/core/shell.h"
#include "backend/core/text.h"
#include "launcher/spawn_program.h"
#include "launcher/ssh_channel.h"
#include "launcher/ssh_failure.h"

#include <netdb.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

constexpr std::chrono::seconds probeTakes{30};
constexpr std::chrono::seconds copyTakes{600};
// From closing the session to SIGKILL: the agent's own grace, and time for the connection.
constexpr std::chrono::milliseconds closeGrace{15'000};

Error noSsh() {
    return {ErrorCode::NotFound,
            "there is no program 'ssh' on this machine; install openssh-client"};
}

// What a user types to connect as this program does.
std::vector<std::string> byHand(const SshOptions& options, const HostSpec& host) {
    std::vector<std::string> words = {options.program};
    if (!options.configFile.empty()) words.insert(words.end(), {"-F", options.configFile});
    if (host.port > 0) words.insert(words.end(), {"-p", std::to_string(host.port)});
    if (!host.user.empty()) words.insert(words.end(), {"-l", host.user});
    words.push_back(host.name);
    return words;
}

// Runs a script on the host. Returns its marked lines, without the mark.
Result<std::vector<std::string>> runScript(const SshOptions& options, const HostSpec& host,
                                           const std::string& command, std::chrono::seconds limit,
                                           const std::filesystem::path& input = {}) {
    const Result<ProgramEnd> end =
        runToEnd({.words = sshWords(options, host, command),
                  .input = input,
                  .limit = limit + std::chrono::seconds(options.connectSeconds)});
    if (!end.ok()) return end.error().code == ErrorCode::NotFound ? noSsh() : end.error();
    if (end->timedOut)
        return Error{ErrorCode::Unavailable,
                     host.name + " took longer than " + std::to_string(limit.count()) +
                         " s; try by hand: " + commandLine(byHand(options, host)) + " true"};
    std::vector<std::string> lines;
    for (const std::string& line : split(end->out, '\n'))
        if (line.starts_with(bootMark)) lines.push_back(line.substr(bootMark.size()));
    if (lines.empty()) return sshFailure(host.name, end->err, commandLine(byHand(options, host)));
    return lines;
}

// The first word of a line, and the rest.
std::pair<std::string, std::string> firstWord(const std::string& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    return {line.substr(0, space), std::string(trim(std::string_view(line).substr(space)))};
}

int numberIn(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// The address as digits, which mean the same on every host; `name` itself if it cannot be resolved.
std::string numericAddress(const std::string& name) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return name;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    const addrinfo* best = found;
    for (const addrinfo* next = found; next != nullptr; next = next->ai_next)
        if (next->ai_family == AF_INET && best->ai_family != AF_INET) best = next;
    std::array<char, NI_MAXHOST> digits{};
    if (::getnameinfo(best->ai_addr, best->ai_addrlen, digits.data(), digits.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
        return name;
    return digits.data();
}

}  // namespace

struct SshTransport::Probe {
    bool missing = false;
    HostReport report;
};

SshTransport::SshTransport(SshOptions options, RemotePrograms programs)
    : options_(std::move(options)), programs_(std::move(programs)) {}

Result<const HashedPrograms*> SshTransport::hashed() {
    const std::lock_guard lock(mutex_);
    if (!hashed_) {
        RINGSCOPE_TRY(hashed_, hashPrograms(programs_));
    }
    return &*hashed_;
}

RemotePlace SshTransport::placeOf(const HashedPrograms& programs) const {
    return {.hash = programs.hash, .torchLibrary = programs_.torchLibrary};
}

Result<SshTransport::Probe> SshTransport::probe(const HostSpec& host,
                                                const HashedPrograms& programs) const {
    RINGSCOPE_TRY(
        const std::vector<std::string> lines,
        runScript(options_, host, probeCommand(placeOf(programs), programs.files), probeTakes));
    Probe found;
    for (const std::string& line : lines) {
        const auto [word, rest] = firstWord(line);
        if (word == "missing") found.missing = true;
        if (word == "libtorch") found.report.libtorch = rest;
        if (word == "cores") found.report.cores = numberIn(rest);
        if (word == "gpus") found.report.gpus = numberIn(rest);
        if (word == "no-libtorch")
            return Error{ErrorCode::Unavailable,
                         host.name + " has no libtorch (looked for " + rest +
                             "); run ./quickstart setup --no-gui there, or set "
                             "RINGSCOPE_TORCH_DIR for its ssh sessions"};
        if (word == "unsafe")
            return Error{ErrorCode::Unavailable,
                         rest + " on " + host.name +
                             " belongs to another user, who could change the programs in it; set "
                             "RINGSCOPE_CACHE for its ssh sessions to a folder of your own"};
        if (word != "program") continue;
        const auto [name, outcome] = firstWord(rest);
        const auto [code, words] = firstWord(outcome);
        if (code != "0") return remoteProgramFailure(host.name, name, words);
        if (name == programs.files.back().name) found.report.version = words;
    }
    if (lines.back() != "end")
        return Error{ErrorCode::Unavailable,
                     "the connection to " + host.name + " was lost while the host was checked"};
    return found;
}

Result<void> SshTransport::copy(const HostSpec& host, const HashedPrograms& programs) const {
    for (const HashedFile& file : programs.files) {
        RINGSCOPE_TRY(
            const std::vector<std::string> lines,
            runScript(options_, host, copyCommand(placeOf(programs), file.name, file.sha256),
                      copyTakes, file.path));
        if (lines.back() != "copied")
            return Error{ErrorCode::Corrupt, file.name + " arrived damaged on " + host.name +
                                                 "; try again, and check the space there"};
    }
    return {};
}

Result<HostReport> SshTransport::prepare(const HostSpec& host) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = ready_.find(toText(host)); known != ready_.end())
            return known->second;
    }
    RINGSCOPE_TRY(const HashedPrograms* programs, hashed());
    RINGSCOPE_TRY(Probe found, probe(host, *programs));
    if (found.missing) {
        RINGSCOPE_CHECK(copy(host, *programs));
        RINGSCOPE_TRY(found, probe(host, *programs));
        found.report.copied = true;
    }
    const std::lock_guard lock(mutex_);
    return ready_[toText(host)] = found.report;
}

Result<void> SshTransport::preflight(const HostSpec& host) {
    RINGSCOPE_CHECK(prepare(host));
    return {};
}

Result<std::unique_ptr<AgentChannel>> SshTransport::open(const HostSpec& host) {
    RINGSCOPE_CHECK(prepare(host));
    RINGSCOPE_TRY(const HashedPrograms* programs, hashed());
    std::vector<std::string> words = sshWords(
        options_, host,
        agentCommand(placeOf(*programs), programs->files.back().name, programs_.agentArguments));
    ChannelProgram program{.program = words.front(),
                           .arguments = {words.begin() + 1, words.end()},
                           .closeGrace = closeGrace,
                           .errorPrefix = SshChannel::errorPrefix(host.name)};
    RINGSCOPE_TRY(std::unique_ptr<WaitableChannel> session, startProcessChannel(program));
    return std::unique_ptr<AgentChannel>(
        std::make_unique<SshChannel>(host.name, std::move(session)));
}

std::optional<int> SshTransport::gpusOf(const HostSpec& host) {
    const std::lock_guard lock(mutex_);
    const auto known = ready_.find(toText(host));
    return known == ready_.end() ? std::nullopt : std::optional(known->second.gpus);
}

// In a session like the agent's, so a relative path begins in the same folder.
Result<std::string> SshTransport::whyUnreadable(const HostSpec& host, const std::string& path) {
    RINGSCOPE_TRY(const std::vector<std::string> lines,
                  runScript(options_, host, readableCommand(path), probeTakes));
    if (lines.back() == "readable") return std::string();
    if (lines.back() == "folder") return std::string("it is a folder");
    return std::generic_category().message(lines.back() == "denied" ? EACCES : ENOENT);
}

// The far end without the script that finds the programs there: their place is named by a hash.
std::string SshTransport::commandFor(const HostSpec& host) {
    std::vector<std::string> words = byHand(options_, host);
    words.push_back(programs_.agent.filename().string());
    words.insert(words.end(), programs_.agentArguments.begin(), programs_.agentArguments.end());
    return commandLine(words);
}

// The address in the host list, else the one ssh would connect to.
Result<std::string> SshTransport::addressOf(const HostSpec& host) {
    if (!host.address.empty()) return numericAddress(host.address);
    std::vector<std::string> words = sshWords(options_, host, "");
    words.pop_back();
    words.insert(words.begin() + 1, "-G");
    const Result<ProgramEnd> end = runToEnd({.words = words, .limit = std::chrono::seconds(10)});
    if (!end.ok()) return end.error().code == ErrorCode::NotFound ? noSsh() : end.error();
    if (end->code != 0) return sshFailure(host.name, end->err);
    for (const std::string& line : split(end->out, '\n'))
        if (const auto [word, rest] = firstWord(line); word == "hostname")
            return numericAddress(rest);
    return host.name;
}

bool SshTransport::waitForAny(const std::vector<AgentChannel*>& channels,
                              std::chrono::milliseconds timeout) {
    return waitForLine(channels, timeout);
}

}  // namespace ringscope
