// One rank as the agent holds it: a process in a group of its own, its three streams, its end.
//
// The kernel kills the rank when the agent dies (parent-death signal); the rank's standard input is
// held open as long as the agent lives. The agent is single-threaded, and so is this.
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
    using Take = std::function<void(RankProcess& rank, Stream stream, std::string_view line)>;

    // Returns when the program runs, or says why it cannot.
    static Result<std::unique_ptr<RankProcess>> start(const RankCommandLine& command, Take take);

    int rank() const { return rank_; }
    pid_t pid() const { return pid_; }
    bool running() const { return running_; }

    // For poll(): negative where there is nothing to wait for.
    int readable(Stream stream) const { return output(stream).end.number(); }
    int writable() const { return input_.empty() ? -1 : stdin_.number(); }

    // Reads once and hands complete lines to `take`; false where the stream gave nothing.
    bool read(Stream stream);
    // Queues a line for the rank's standard input and writes what fits.
    void tell(const std::string& line);
    void write();

    void signal(int number) const;  // to the whole group
    // Its exit was noticed and not yet collected: ends what is left of its group, reads its last
    // lines, closes its streams.
    void ended();

    LineBudget budget;

private:
    struct Output {
        Descriptor end;
        LineBuffer lines;
    };

    RankProcess(int rank, Take take);
    Output& output(Stream stream) { return stream == Stream::Out ? out_ : err_; }
    const Output& output(Stream stream) const { return stream == Stream::Out ? out_ : err_; }

    int rank_;
    Take take_;
    pid_t pid_ = -1;
    bool running_ = false;
    Descriptor stdin_;
    std::string input_;  // not yet taken by the rank
    Output out_;
    Output err_;
};

}  // namespace ringscope
