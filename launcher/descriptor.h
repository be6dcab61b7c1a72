// Owned file descriptors, and the few ways launcher makes and reads them.
#pragma once

#include "backend/core/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace ringscope {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }

    int number() const { return number_; }
    bool open() const { return number_ >= 0; }
    void close();

private:
    int number_ = -1;
};

struct Ends {
    Descriptor ours;
    Descriptor theirs;
};

// All are closed on exec and numbered above 2, so that a started program gets exactly the ones that
// are put in place of its standard streams, in any order.
Result<Ends> readingPipe();    // we read what they write
Result<Ends> writingPipe();    // we write what they read
Result<Ends> writingSocket();  // the same; writing with MSG_NOSIGNAL raises no SIGPIPE

void setNonBlocking(int number, bool on);
bool isNonBlocking(int number);

// What one read() gives. Ended: end of file or a broken descriptor; Nothing: none there now.
enum class ReadOutcome { Some, Nothing, Ended };
ReadOutcome readSome(int number, std::string& bytes);  // replaces `bytes`

// "cannot open a pipe: Too many open files".
Error systemError(std::string_view what, int number);

}  // namespace ringscope
