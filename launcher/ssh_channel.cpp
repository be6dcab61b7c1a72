#include "launcher/ssh_channel.h"

#include "launcher/ssh_command.h"
#include "launcher/ssh_failure.h"

namespace ringscope {
namespace {

constexpr std::size_t longestErrorText = 8 * 1024;

}  // namespace

Result<AgentChannel::Received> SshChannel::receive(std::chrono::milliseconds timeout) {
    for (;;) {
        RINGSCOPE_TRY(Received received, session_->receive(timeout));
        if (received.event == Event::Closed) return lostSession();
        if (received.event == Event::Timeout) return received;
        const std::string prefix = errorPrefix(host_);
        if (received.line.starts_with(prefix)) {
            errorText_ += received.line.substr(prefix.size()) + "\n";
            if (errorText_.size() > longestErrorText)
                errorText_.erase(0, errorText_.size() - longestErrorText);
            return received;
        }
        if (ready_) return received;
        if (received.line.starts_with(bootMark)) {
            if (std::optional<Error> failed = readBootWord(received.line.substr(bootMark.size())))
                return std::move(*failed);
            continue;
        }
        if (received.line.empty()) continue;
        received.line.insert(0, host_ + " (login): ");
        return received;
    }
}

// What the script on the host prints first: "ready", or why there is no agent.
std::optional<Error> SshChannel::readBootWord(const std::string& word) {
    ready_ = word == "ready";
    if (ready_) return std::nullopt;
    if (word.starts_with("missing"))
        return Error{ErrorCode::Unavailable, "the programs of ringscope are no longer on " + host_ +
                                                 "; start the run again"};
    return Error{ErrorCode::Unavailable, host_ + " cannot start an agent: " + word};
}

// The agent ends only after its input has ended, so before that the session was lost.
Error SshChannel::lostSession() const {
    if (!ready_) return sshFailure(host_, errorText_);
    // ssh says so where the network or the host ended it.
    std::string sentence =
        errorText_.empty()
            ? "the ssh session of the agent on " + host_ +
                  " ended without a word: the agent there or the ssh client here is gone"
            : "the ssh connection to " + host_ + " was lost (" +
                  sshFailure(host_, errorText_).message + ")";
    return {ErrorCode::Unavailable, sentence + "; ranks there end by themselves"};
}

}  // namespace ringscope
