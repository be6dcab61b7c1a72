#include "launcher/ssh_channel.h"

#include "launcher/ssh_command.h"
#include "launcher/ssh_failure.h"

namespace ringscope {
namespace {

constexpr std::size_t mostSaid = 8 * 1024;

}  // namespace

Result<AgentChannel::Received> SshChannel::receive(std::chrono::milliseconds timeout) {
    for (;;) {
        RINGSCOPE_TRY(Received received, session_->receive(timeout));
        if (received.event == Event::Closed) return ending();
        if (received.event == Event::Timeout) return received;
        const std::string prefix = errorPrefix(host_);
        if (received.line.starts_with(prefix)) {
            said_ += received.line.substr(prefix.size()) + "\n";
            if (said_.size() > mostSaid) said_.erase(0, said_.size() - mostSaid);
            return received;
        }
        if (ready_) return received;
        if (received.line.starts_with(bootMark)) {
            if (std::optional<Error> failed = boot(received.line.substr(bootMark.size())))
                return std::move(*failed);
            continue;
        }
        if (received.line.empty()) continue;
        received.line.insert(0, host_ + " (login): ");
        return received;
    }
}

// The first word of the script at the far end.
std::optional<Error> SshChannel::boot(const std::string& word) {
    ready_ = word == "ready";
    if (ready_) return std::nullopt;
    if (word.starts_with("missing"))
        return Error{ErrorCode::Unavailable,
                     "the programs of ringscope are gone from " + host_ + "; start the run again"};
    return Error{ErrorCode::Unavailable, host_ + " cannot start an agent: " + word};
}

// An agent does not leave by itself as long as it is listened to.
Error SshChannel::ending() const {
    if (!ready_) return sshFailure(host_, said_);
    std::string sentence = "the ssh connection to " + host_ + " was lost";
    if (!said_.empty()) sentence += " (" + sshFailure(host_, said_).message + ")";
    return {ErrorCode::Unavailable, sentence + "; ranks there end by themselves"};
}

}  // namespace ringscope
