#include "launcher/program_sink.h"

#include "backend/sink/json_lines.h"
#include "launcher/descriptor.h"
#include "launcher/spawn_program.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <utility>

namespace ringscope {
namespace {

class ProgramSink final : public SinkWriter {
public:
    ProgramSink(pid_t pid, Descriptor input) : pid_(pid), input_(std::move(input)) {}
    ~ProgramSink() override {
        input_.close();
        if (pid_ > 0) ::waitpid(pid_, nullptr, WNOHANG);
    }

    Result<void> write(const RunEvent& event) override {
        const std::string line = jsonLine(event);
        std::string_view left = line;
        while (!left.empty()) {
            const ssize_t sent = ::send(input_.number(), left.data(), left.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0) return whyItEnded(errno);
            left.remove_prefix(static_cast<std::size_t>(sent));
        }
        return {};
    }

    Result<void> close() override {
        input_.close();
        const int status = waited();
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
        return Error{ErrorCode::Failed, endOf(status)};
    }

private:
    int waited() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

    Error whyItEnded(int number) {
        // The second one: it ended with lines that it had not read.
        const bool ended = number == EPIPE || number == ECONNRESET;
        if (!ended) return systemError("cannot write to the program", number);
        return {ErrorCode::Failed, endOf(waited())};
    }

    static std::string endOf(int status) {
        if (WIFSIGNALED(status))
            return "the program was ended by signal " + std::to_string(WTERMSIG(status));
        return "the program ended with exit code " + std::to_string(WEXITSTATUS(status)) +
               (WEXITSTATUS(status) == 0 ? " before the events did" : "");
    }

    pid_t pid_;
    Descriptor input_;
};

}  // namespace

Result<std::unique_ptr<SinkWriter>> startProgramSink(std::vector<std::string> words) {
    RINGSCOPE_TRY(Ends input, writingSocket());
    const Descriptor out(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!out.open()) return systemError("cannot open standard error", errno);
    RINGSCOPE_TRY(const pid_t pid, spawnProgram(std::move(words), {}, {input.theirs, out, out}));
    return std::unique_ptr<SinkWriter>(std::make_unique<ProgramSink>(pid, std::move(input.ours)));
}

}  // namespace ringscope
