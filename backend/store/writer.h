// Which program writes a run, told so that it can be recognised later: a run whose writer has
// vanished will never end by itself.
#pragma once

#include <cstdint>
#include <string>

namespace ringscope::store {

struct Writer {
    std::string host;
    std::int64_t pid = 0;
    // Boot, pid namespace and start time: a pid alone is reused, and means something else in a
    // container.
    std::string process;

    bool operator==(const Writer&) const = default;
};

Writer currentWriter();

enum class WriterState { Alive, Gone, Unknown };  // Unknown: not to be judged from here

WriterState stateOf(const Writer& writer);

}  // namespace ringscope::store
