#include "kernels/device/async_file.h"

#include "backend/core/units.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace ringscope {
namespace {

constexpr mode_t ownerOnly = 0600;

int openNameless(const std::filesystem::path& folder, int extra) {
    return ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | extra, ownerOnly);
}

Error offloadError(const std::filesystem::path& folder, const FileUse& use, const std::string& what,
                   int number) {
    return {ErrorCode::Failed, use.setting + ": " + what + " in " + folder.string() + ": " +
                                   std::strerror(number) +
                                   "; use another memory.offload_folder, or none"};
}

}  // namespace

struct AsyncFile::Ring {
    io_uring ring{};
    Ring() = default;
    ~Ring() { ::io_uring_queue_exit(&ring); }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    static std::unique_ptr<Ring> make() {
        io_uring made{};
        if (::io_uring_queue_init(2 * lanes, &made, 0) != 0) return nullptr;
        auto owned = std::make_unique<Ring>();
        owned->ring = made;
        return owned;
    }
};

AsyncFile::AsyncFile(int file, bool direct, std::filesystem::path folder, FileUse use)
    : file_(file),
      direct_(direct),
      folder_(std::move(folder)),
      use_(std::move(use)),
      ring_(Ring::make()) {}

AsyncFile::~AsyncFile() {
    for (int lane = 0; lane < lanes; ++lane) static_cast<void>(wait(lane));
    ring_.reset();
    ::close(file_);
}

Result<std::unique_ptr<AsyncFile>> AsyncFile::make(const std::filesystem::path& folder,
                                                   std::int64_t bytes, FileUse use) {
    bool direct = true;
    int file = openNameless(folder, O_DIRECT);
    if (file < 0 && errno == EINVAL) {  // the file system caches everything
        direct = false;
        file = openNameless(folder, 0);
    }
    if (file < 0) return offloadError(folder, use, "no file can be made", errno);
    std::unique_ptr<AsyncFile> made(new AsyncFile(file, direct, folder, std::move(use)));
    RINGSCOPE_CHECK(made->reserve(bytes));
    return made;
}

Error AsyncFile::failure(const std::string& what, int number) const {
    return offloadError(folder_, use_, what, number);
}

Result<void> AsyncFile::reserve(std::int64_t bytes) const {
    if (bytes == 0 || ::fallocate(file_, 0, 0, bytes) == 0) return {};
    if (errno != EOPNOTSUPP && errno != ENOSPC)
        return failure(formatBytes({bytes}) + " cannot be had", errno);
    const bool full = errno == ENOSPC;
    struct statvfs space {};
    if (::statvfs(folder_.c_str(), &space) != 0 && !full) return {};
    const auto free = static_cast<std::int64_t>(space.f_bavail * space.f_frsize);
    if (!full && free >= bytes) return {};
    return Error{ErrorCode::Failed, use_.setting + ": a rank needs " + formatBytes({bytes}) +
                                        " in " + folder_.string() + ", where " +
                                        formatBytes({free}) + " are free for " + use_.contents +
                                        "; use another memory.offload_folder, or none"};
}

void AsyncFile::write(int lane, const void* from, std::size_t bytes, std::int64_t at) {
    auto* const memory = const_cast<char*>(static_cast<const char*>(from));
    start(lane, {.reads = false, .memory = memory, .bytes = bytes, .at = at});
}

void AsyncFile::read(int lane, void* into, std::size_t bytes, std::int64_t at) {
    start(lane, {.reads = true, .memory = static_cast<char*>(into), .bytes = bytes, .at = at});
}

void AsyncFile::start(int lane, const Operation& operation) {
    Operation& own = operations_[static_cast<std::size_t>(lane)];
    own = operation;
    if (own.bytes == 0) return;
    if (ring_ == nullptr) {
        runNow(own);
        return;
    }
    own.runs = true;
    submit(lane);
}

void AsyncFile::submit(int lane) {
    const Operation& own = operations_[static_cast<std::size_t>(lane)];
    constexpr std::size_t mostAtOnce = std::size_t{1} << 30;  // a count is a 32-bit number
    const auto bytes = static_cast<unsigned>(std::min(own.bytes, mostAtOnce));
    io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_->ring);
    const auto place = static_cast<std::uint64_t>(own.at);
    if (own.reads)
        ::io_uring_prep_read(entry, file_, own.memory, bytes, place);
    else
        ::io_uring_prep_write(entry, file_, own.memory, bytes, place);
    entry->user_data = static_cast<std::uint64_t>(lane);
    ::io_uring_submit(&ring_->ring);
}

// Part of an operation is done, or it failed.
void AsyncFile::advance(Operation& operation, std::int64_t moved) const {
    if (moved == 0) moved = -EIO;  // behind the end of the file
    if (moved < 0) {
        operation.failure = static_cast<int>(-moved);
        operation.bytes = 0;
        return;
    }
    operation.memory += moved;
    operation.at += moved;
    operation.bytes -= static_cast<std::size_t>(moved);
}

void AsyncFile::runNow(Operation& operation) const {
    while (operation.bytes > 0) {
        const ssize_t moved =
            operation.reads ? ::pread(file_, operation.memory, operation.bytes, operation.at)
                            : ::pwrite(file_, operation.memory, operation.bytes, operation.at);
        if (moved < 0 && errno == EINTR) continue;
        advance(operation, moved < 0 ? -errno : moved);
    }
}

// Waits for one operation of any lane.
void AsyncFile::reap() {
    io_uring_cqe* done = nullptr;
    const int failed = ::io_uring_wait_cqe(&ring_->ring, &done);
    if (failed == -EINTR) return;
    if (failed < 0) {
        for (Operation& operation : operations_) {
            if (operation.runs) operation.failure = -failed;
            operation.runs = false;
        }
        return;
    }
    const auto lane = static_cast<int>(done->user_data);
    const int moved = done->res;
    ::io_uring_cqe_seen(&ring_->ring, done);
    Operation& operation = operations_[static_cast<std::size_t>(lane)];
    if (moved != -EINTR && moved != -EAGAIN) advance(operation, moved);
    if (operation.bytes > 0)
        submit(lane);
    else
        operation.runs = false;
}

Result<void> AsyncFile::wait(int lane) {
    Operation& operation = operations_[static_cast<std::size_t>(lane)];
    while (operation.runs) reap();
    const int number = std::exchange(operation.failure, 0);
    if (number == 0) return {};
    return failure(
        use_.contents + (operation.reads ? " cannot be read back" : " cannot be written"), number);
}

}  // namespace ringscope
