// One rank of an agent: a process in a group of its own, with its three standard streams.
//
// The kernel kills the rank when the agent ends (parent-death signal). The rank's standard input is
// open as long as the agent lives. All calls are made by the agent's one thread.
#pragma once

#include "backend/core/result.h"
#include "launcher/descriptor.h"
#include "launcher/line_budget.h"
#include "launcher/line_buffer.h"

#include <sys/types.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct RankCommandLine {
    int rank = 0;
    std::string program;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  // all of it
};

class RankProcess {
public:
    enum class Stream { Out, Err };
    using LineHandler =
        std::function<void(RankProcess& rank, Stream stream, std::string_view line)>;

    // Returns once the program runs, or fails with the reason why it cannot.
    static Result<std::unique_ptr<RankProcess>> start(const RankCommandLine& command,
                                                      LineHandler handle);

    int rank() const { return rank_; }
    pid_t pid() const { return pid_; }
    bool running() const { return running_; }

    // For poll(): negative if there is nothing to wait for.
    int readable(Stream stream) const { return output(stream).end.number(); }
    int writable() const { return input_.empty() ? -1 : stdin_.number(); }

    // Reads once and hands complete lines over. Returns false if the stream had no bytes.
    bool read(Stream stream);
    // Queues a line for the rank's standard input and writes as much as does not block.
    void sendLine(const std::string& line);
    void write();

    void signal(int number) const;  // to the whole group
    // Must be called after the process has exited and before waitpid() collects it: kills what is
    // left of its group, reads its last lines, closes its streams.
    void finish();

    LineBudget budget;

private:
    struct Output {
        Descriptor end;
        LineBuffer lines;
    };

    RankProcess(int rank, LineHandler handle);
    Output& output(Stream stream) { return stream == Stream::Out ? out_ : err_; }
    const Output& output(Stream stream) const { return stream == Stream::Out ? out_ : err_; }

    int rank_;
    LineHandler handle_;
    pid_t pid_ = -1;
    bool running_ = false;
    Descriptor stdin_;
    std::string input_;  // not yet taken by the rank
    Output out_;
    Output err_;
};

}  // namespace ringscope
