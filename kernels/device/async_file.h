// A file for bytes that leave memory and come back while something else runs. It has no name, so
// nothing of it is left when the process ends, however it ends.
//
//     file->write(0, buffer, bytes, 0);
//     ... compute ...
//     RINGSCOPE_CHECK(file->wait(0));
//
// Uses io_uring, and O_DIRECT where the file system has it. Where the kernel has no io_uring,
// write() and read() return when they are done.
#pragma once

#include "backend/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace ringscope {

// What a file is for, in the words of errors.
struct FileUse {
    std::string setting;   // "memory.offload_optimizer disk"
    std::string contents;  // "the optimizer's state"
};

class AsyncFile {
public:
    static constexpr std::size_t alignment = 4096;  // of buffers, bytes and places
    static constexpr int lanes = 3;                 // each has one operation at a time

    // In a folder that exists. Fails where it cannot be written to, or has no room for `bytes`.
    static Result<std::unique_ptr<AsyncFile>> make(const std::filesystem::path& folder,
                                                   std::int64_t bytes, FileUse use);
    ~AsyncFile();
    AsyncFile(const AsyncFile&) = delete;
    AsyncFile& operator=(const AsyncFile&) = delete;

    // The lane has no operation. The buffer must stay until wait() returned.
    void write(int lane, const void* from, std::size_t bytes, std::int64_t at);
    void read(int lane, void* into, std::size_t bytes, std::int64_t at);

    // Of the lane's operation, if it has one. Fails where it did; a second wait succeeds.
    Result<void> wait(int lane);

    bool isDirect() const { return direct_; }
    bool isAsynchronous() const { return ring_ != nullptr; }

private:
    struct Ring;
    struct Operation {
        bool reads = false;
        char* memory = nullptr;
        std::size_t bytes = 0;  // that are left
        std::int64_t at = 0;
        int failure = 0;  // errno
        bool runs = false;
    };

    AsyncFile(int file, bool direct, std::filesystem::path folder, FileUse use);
    Error failure(const std::string& what, int number) const;
    Result<void> reserve(std::int64_t bytes) const;
    void start(int lane, const Operation& operation);
    void submit(int lane);
    void advance(Operation& operation, std::int64_t moved) const;
    void runNow(Operation& operation) const;
    void reap();

    int file_;
    bool direct_;
    std::filesystem::path folder_;
    FileUse use_;
    std::unique_ptr<Ring> ring_;
    std::array<Operation, lanes> operations_{};
};

}  // namespace ringscope
