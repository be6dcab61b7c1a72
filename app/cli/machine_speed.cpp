#include "app/cli/machine_speed.h"

#include "backend/core/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

namespace ringscope::cli {
namespace {

using Nanos = std::chrono::nanoseconds;
using SpeedClock = std::chrono::steady_clock;

constexpr Nanos watched = std::chrono::milliseconds(400);
constexpr Nanos shortestGap = std::chrono::microseconds(300);  // interrupts are shorter

// Stretches in which this thread ran; not the first and the last, which are cut off.
std::vector<std::int64_t> stretchesOfThread(SpeedClock::time_point end) {
    std::vector<std::int64_t> stretches;
    SpeedClock::time_point begin = SpeedClock::now();
    bool whole = false;
    for (SpeedClock::time_point last = begin; last < end;) {
        const SpeedClock::time_point now = SpeedClock::now();
        if (now - last > shortestGap) {
            if (whole) stretches.push_back(Nanos(last - begin).count());
            whole = true;
            begin = now;
        }
        last = now;
    }
    return stretches;
}

}  // namespace

Result<DiskSpeed> diskSpeed(const std::filesystem::path& folder) {
    constexpr std::size_t chunk = std::size_t{4} << 20;
    constexpr int chunks = 32;
    const std::string path = (folder / "disk").string();
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return fileError(path, "make", errno);
    std::vector<char> bytes(chunk, 'r');
    const auto seconds = [](SpeedClock::time_point since) {
        return std::chrono::duration<double>(SpeedClock::now() - since).count();
    };
    bool whole = true;
    const auto written = SpeedClock::now();
    for (int i = 0; i < chunks && whole; ++i)
        whole = ::write(file, bytes.data(), chunk) == static_cast<ssize_t>(chunk);
    whole = whole && ::fdatasync(file) == 0;
    const double writing = seconds(written);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    whole = whole && ::lseek(file, 0, SEEK_SET) == 0;
    const auto begun = SpeedClock::now();
    for (int i = 0; i < chunks && whole; ++i)
        whole = ::read(file, bytes.data(), chunk) == static_cast<ssize_t>(chunk);
    const double reading = seconds(begun);
    const int number = errno;
    ::close(file);
    if (!whole) return fileError(path, "write or read", number);
    const double size = static_cast<double>(chunk) * chunks;
    return DiskSpeed{.read = size / reading, .write = size / writing};
}

std::int64_t turnLength(int cores) {
    const auto end = SpeedClock::now() + watched;
    std::vector<std::vector<std::int64_t>> ofThreads(static_cast<std::size_t>(2 * cores));
    {
        std::vector<std::jthread> threads;
        for (std::vector<std::int64_t>& stretches : ofThreads)
            threads.emplace_back([&stretches, end] { stretches = stretchesOfThread(end); });
    }
    std::vector<std::int64_t> all;
    for (const std::vector<std::int64_t>& stretches : ofThreads)
        all.insert(all.end(), stretches.begin(), stretches.end());
    if (all.empty()) return Nanos(std::chrono::milliseconds(4)).count();
    const auto middle = all.begin() + std::ssize(all) / 2;
    std::ranges::nth_element(all, middle);
    return *middle;
}

}  // namespace ringscope::cli
