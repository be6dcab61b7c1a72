// Where this rank is, whether it is recorded or not: what it tells its agent every second, so that
// a rank that stands still can be told from a slow one.
//
//     showPlace(tag);                          // a few stores
//     { const WaitShown waits(tag); ... }      // this rank waits for others meanwhile
//     currentPlace();                          // of any thread
//
// One thread at a time shows a place. A reader may see parts of two of them, one after the other.
#pragma once

#include "backend/trace/span.h"

#include <atomic>
#include <cstdint>

namespace ringscope {

struct ShownPlace {
    SpanTag tag{};
    bool waits = false;
    std::int64_t changes = 0;  // places shown so far
};

namespace place_detail {
inline std::atomic<std::uint64_t> where{0};  // step 24 | layer 12 | ring step 12 | peer 12 | pass 4
inline std::atomic<std::uint32_t> what{0};   // operation 8 | waits 1
inline std::atomic<std::int64_t> changes{0};
}  // namespace place_detail

inline void showPlace(const SpanTag& tag, bool waits = false) {
    const auto part = [](std::int64_t value, int bits, int shift) {
        return (static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << bits) - 1)) << shift;
    };
    using namespace place_detail;
    where.store(part(tag.step, 24, 0) | part(tag.layer + 1, 12, 24) |
                    part(tag.ringStep + 1, 12, 36) | part(tag.peer + 1, 12, 48) |
                    part(static_cast<int>(tag.pass), 4, 60),
                std::memory_order_relaxed);
    what.store(static_cast<std::uint32_t>(tag.operation) | (waits ? 256U : 0U),
               std::memory_order_relaxed);
    changes.store(changes.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

inline ShownPlace currentPlace() {
    using namespace place_detail;
    ShownPlace place;
    place.changes = changes.load(std::memory_order_acquire);
    const std::uint64_t packed = where.load(std::memory_order_relaxed);
    const std::uint32_t how = what.load(std::memory_order_relaxed);
    const auto part = [&](int bits, int shift) {
        return static_cast<std::int32_t>((packed >> shift) & ((std::uint64_t{1} << bits) - 1));
    };
    place.tag.step = part(24, 0);
    place.tag.layer = part(12, 24) - 1;
    place.tag.ringStep = part(12, 36) - 1;
    place.tag.peer = part(12, 48) - 1;
    place.tag.pass = static_cast<SpanPass>(part(4, 60));
    place.tag.operation = static_cast<Operation>(how & 255U);
    place.waits = (how & 256U) != 0;
    return place;
}

class WaitShown {
public:
    explicit WaitShown(const SpanTag& tag) : tag_(tag) { showPlace(tag_, true); }
    ~WaitShown() { showPlace(tag_, false); }
    WaitShown(const WaitShown&) = delete;
    WaitShown& operator=(const WaitShown&) = delete;

private:
    SpanTag tag_;
};

}  // namespace ringscope
