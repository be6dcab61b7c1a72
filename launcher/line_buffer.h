// Cuts a stream of bytes into lines, in bounded memory whatever the stream does.
//
//     buffer.feed("one\ntw", take);   // take("one")
//     buffer.feed("o\n", take);       // take("two")
//     buffer.finish(take);            // what stands after the last newline
//
// A line longer than the limit is handed over cut, once; the rest of it is dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ringscope {

class LineBuffer {
public:
    using Take = std::function<void(std::string_view line)>;

    explicit LineBuffer(std::size_t longestLine) : longest_(longestLine) {}

    void feed(std::string_view bytes, const Take& take);
    void finish(const Take& take);

private:
    void append(std::string_view part);

    std::size_t longest_;
    std::string line_;
    bool cut_ = false;
};

inline constexpr std::string_view cutMark = " (cut)";  // at the end of a line that was too long

}  // namespace ringscope
