// Which program writes a run, so that it can be recognised later whether that program still exists.
#pragma once

#include <cstdint>
#include <string>

namespace ringscope::store {

struct Writer {
    std::string host;
    std::int64_t pid = 0;
    // Boot id, pid namespace and start time, because a pid is reused, and differs in a container.
    std::string process;

    bool operator==(const Writer&) const = default;
};

Writer currentWriter();

enum class WriterState { Alive, Gone, Unknown };  // Unknown: of another host or pid namespace

WriterState stateOf(const Writer& writer);

}  // namespace ringscope::store
