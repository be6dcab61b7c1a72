#include "launcher/ssh_failure.h"

#include "backend/core/text.h"

#include <array>

namespace ringscope {
namespace {

struct Symptom {
    std::string_view words;     // as OpenSSH prints them
    std::string_view sentence;  // HOST stands for the host's name
};

// The first match decides, so the more specific symptoms come first.
constexpr std::array<Symptom, 17> symptoms = {{
    {"Could not resolve hostname",
     "ssh knows no host 'HOST'; check the name, or add it to ~/.ssh/config"},
    {"HOST IDENTIFICATION HAS CHANGED",
     "the host key of HOST has changed: HOST was reinstalled, or another machine answers in its "
     "place; when you know why, remove the old key with: "},  // keyRemoval() says how
    {"Host key verification failed",
     "the key of HOST cannot be checked; connect once by hand with: BYHAND"},
    {"Permission denied",
     "HOST does not accept your ssh key; put it there with: ssh-copy-id HOST, or load it with "
     "ssh-add (passwords are never asked for)"},
    {"Too many authentication failures",
     "HOST was offered too many keys; name the right one with IdentityFile in ~/.ssh/config"},
    {"Connection refused",
     "HOST refuses ssh connections; check that sshd runs there and that the port is right"},
    {"during banner exchange",
     "HOST accepted the connection but sent nothing; check that sshd listens on this port"},
    {"Connection timed out", "HOST does not answer; check that it is up and reachable from here"},
    {"Operation timed out", "HOST does not answer; check that it is up and reachable from here"},
    {"No route to host", "HOST does not answer; check that it is up and reachable from here"},
    {"Network is unreachable", "HOST does not answer; check that it is up and reachable from here"},
    {"Bad configuration option", "ssh does not understand its configuration for HOST"},
    {"Can't open user config file", "ssh cannot read the configuration it was told to use"},
    {"kex_exchange_identification",
     "HOST closed the connection before it began; it may be too busy (MaxStartups) or not let this "
     "machine in; try again"},
    {"Connection closed", "HOST closed the connection; the log of its sshd says why"},
    {"Connection reset", "the connection to HOST was cut; try again"},
    {"not responding", "HOST no longer answers; check the network between here and there"},
}};

std::string lastLine(std::string_view words) {
    const std::string_view all = trim(words);
    return std::string(trim(all.substr(all.rfind('\n') + 1)));
}

void replaceAll(std::string& text, std::string_view place, const std::string& by) {
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + by.size()))
        text.replace(at, place.size(), by);
}

std::string about(std::string_view sentence, const std::string& host, const std::string& byHand) {
    std::string text(sentence);
    replaceAll(text, "BYHAND", byHand);
    replaceAll(text, "HOST", host);
    return text;
}

// The keys are kept by address and port, which ssh alone knows; it prints the command.
std::string keyRemoval(const std::string& host, std::string_view words) {
    const std::size_t begin = words.find("ssh-keygen -f ");
    if (begin == std::string_view::npos) return "ssh-keygen -R " + host;
    const std::string_view line = words.substr(begin);
    return std::string(trim(line.substr(0, line.find('\n'))));
}

}  // namespace

Error sshFailure(const std::string& host, std::string_view words, std::string byHand) {
    if (byHand.empty()) byHand = "ssh " + host;
    for (const Symptom& symptom : symptoms) {
        if (words.find(symptom.words) == std::string_view::npos) continue;
        std::string sentence = about(symptom.sentence, host, byHand);
        if (sentence.ends_with(": ")) sentence += keyRemoval(host, words);
        return {ErrorCode::Unavailable, std::move(sentence)};
    }
    const std::string said = lastLine(words);
    return {ErrorCode::Unavailable,
            said.empty() ? "ssh " + host + " ended and printed nothing; try it by hand: " + byHand
                         : "ssh " + host + " failed: " + said};
}

Error remoteProgramFailure(const std::string& host, const std::string& program,
                           std::string_view words) {
    constexpr std::string_view loading = "error while loading shared libraries: ";
    const auto failed = [&](const std::string& sentence) {
        return Error{ErrorCode::Unavailable, sentence};
    };
    if (const std::size_t at = words.find(loading); at != std::string_view::npos) {
        const std::string_view rest = words.substr(at + loading.size());
        return failed(host + " lacks " + std::string(rest.substr(0, rest.find(':'))) + ", which " +
                      program + " needs; run ./quickstart setup --no-gui there");
    }
    if (words.find("GLIBC") != std::string_view::npos)
        return failed("the system of " + host + " is older than the one " + program +
                      " was built on; build ringscope on the oldest of your hosts");
    if (words.find("xec format error") != std::string_view::npos)
        return failed(host + " has another kind of processor than this machine, and cannot run " +
                      program);
    return failed(program + " does not start on " + host + ": " + lastLine(words));
}

}  // namespace ringscope
