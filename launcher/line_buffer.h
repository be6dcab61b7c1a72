// Cuts a stream of bytes into lines, in bounded memory.
//
//     buffer.feed("one\ntw", handle);   // handle("one")
//     buffer.feed("o\n", handle);       // handle("two")
//     buffer.finish(handle);            // what follows the last newline
//
// A line longer than the limit is handed over once, cut and with `cutMark` behind it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ringscope {

class LineBuffer {
public:
    using LineHandler = std::function<void(std::string_view line)>;

    explicit LineBuffer(std::size_t longestLine) : longest_(longestLine) {}

    void feed(std::string_view bytes, const LineHandler& handle);
    void finish(const LineHandler& handle);

private:
    void append(std::string_view part);

    std::size_t longest_;
    std::string line_;
    bool cut_ = false;
};

inline constexpr std::string_view cutMark = " (cut)";  // at the end of a line that was too long

}  // namespace ringscope
