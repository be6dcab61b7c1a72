// Owned file descriptors, and how launcher makes and reads them.
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
    Descriptor ours;    // kept by this process
    Descriptor theirs;  // for the program to start
};

// All are closed on exec and numbered above 2. A started program therefore has no other descriptor
// than those that were made its standard streams, in whatever order that is done.
Result<Ends> readingPipe();    // `ours` reads, `theirs` writes
Result<Ends> writingPipe();    // `ours` writes, `theirs` reads
Result<Ends> writingSocket();  // the same; writing with MSG_NOSIGNAL raises no SIGPIPE

void setNonBlocking(int number, bool on);
bool isNonBlocking(int number);

// What one read() returned. Ended: end of file or an error; Nothing: no bytes at present.
enum class ReadOutcome { Some, Nothing, Ended };
ReadOutcome readSome(int number, std::string& bytes);  // replaces `bytes`

// "cannot open a pipe: Too many open files".
Error systemError(std::string_view what, int number);

}  // namespace ringscope
