// What a machine can do: devices, links between them, hosts, and what they cost.
//
// Every figure has a source: a published table, or the day it was measured here. Bandwidths are of
// one direction. TFLOP/s of attention count the pairs that are seen: those of a causal mask are
// halved. Sizes in between the columns of a table are interpolated.
#pragma once

#include "backend/config/precision.h"
#include "backend/plan/mask.h"
#include "backend/plan/schedule.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

enum class DeviceKind : std::uint8_t { Cpu, Gpu };
inline constexpr std::array deviceKinds = {Choice{DeviceKind::Cpu, "cpu"},
                                           Choice{DeviceKind::Gpu, "gpu"}};
constexpr const auto& choicesOf(DeviceKind /*any*/) { return deviceKinds; }
static_assert(inOrder(deviceKinds));

struct PeakRate {
    NumberFormat format{};
    double tflops = 0;
};

struct Device {
    DeviceKind kind = DeviceKind::Gpu;
    std::string name{};
    int perHost = 1;  // ranks of a host that have one
    int cores = 0;    // of a host, that ranks share; 0: each rank has its device alone
    std::int64_t memoryBytes = 0;
    double bandwidth = 0;          // bytes a second that passes over tensors reach
    std::int64_t launchNanos = 0;  // between the starts of two kernels
    // That a task keeps a core while others wait for it.
    std::int64_t turnNanos = 4'000'000;
    double watts = 0;  // 0: not known
    std::vector<PeakRate> peaks{};
    std::string source{};
};

// Tokens of a square block, or rows of a product, and the rate that they reach.
struct RatePoint {
    std::int64_t size = 0;
    double tflops = 0;
    bool operator==(const RatePoint&) const = default;
};

// Blocks of a kernel: `size` queries by `size` keys for so many heads. Small ones are slower.
struct AttentionTable {
    std::string kernel{};
    NumberFormat format{};
    std::int64_t heads = 0;
    std::int64_t headColumns = 0;
    Pass pass{};
    MaskKind mask{};
    std::vector<RatePoint> points{};  // by size
    std::string source{};
};

// Matrix products, by the number of their rows.
struct ProductTable {
    NumberFormat format{};
    std::vector<RatePoint> points{};  // by size
    std::string source{};
};

// How fast a kind of collective operation moves what a rank sends, where it was measured.
struct CollectiveRate {
    TransferKind kind{};
    double bandwidth = 0;           // bytes a second that a rank sends
    std::int64_t latencyNanos = 0;  // of an operation without bytes
    bool operator==(const CollectiveRate&) const = default;
};

// How ranks reach each other. The levels of a machine are sorted by reach: two ranks use the first
// that reaches from one to the other.
struct LinkLevel {
    std::string name{};
    int reach = 0;                              // neighbouring ranks that it joins; 0: all
    double bandwidth = 0;                       // bytes a second that messages of a port reach
    std::int64_t latencyNanos = 0;              // of a message
    int sharedBy = 1;                           // ranks that use one port together
    std::vector<CollectiveRate> collectives{};  // those without a rate move as messages do
    std::string source{};
};

// The level with another bandwidth; its collectives become faster or slower by the same factor.
LinkLevel withBandwidth(LinkLevel level, double bytesPerSecond);

// Between a device and the memory or the disk of its host.
struct HostPath {
    double memoryBandwidth = 0;  // bytes a second of a device to and from its host's memory
    double diskRead = 0;         // bytes a second of a host
    double diskWrite = 0;
    std::int64_t memoryBytes = 0;
    std::string source{};
};

struct Price {
    double perDeviceHour = 0;  // US dollars
    std::string source{};
};

struct FailureRate {
    double deviceHours = 0;  // between two failures of any of the devices
    std::string source{};
};

// How far predictions are off, as far as it is known.
struct ErrorBar {
    double percent = 0;
    std::string source{};
};

struct Machine {
    std::string name{};
    std::string about{};
    std::string measured{};  // the day, where it was calibrated; else empty
    Device device{};
    std::string kernel{};  // of attention, where a user names none
    std::vector<ProductTable> products{};
    std::vector<AttentionTable> attention{};
    std::vector<LinkLevel> links{};  // by reach; the last reaches all
    HostPath host{};
    std::optional<Price> price{};
    std::optional<FailureRate> failures{};
    ErrorBar error{};

    // The level by which rank `a` reaches rank `b`.
    int levelBetween(int a, int b) const;
    std::vector<std::string> kernels() const;  // that attention has tables of
    double peakOf(NumberFormat format) const;  // TFLOP/s; 0: not known
};

// FLOPs of pairs of one head: 2 for each multiply-add, the backward pass 2.5 times the forward one.
double blockFlops(double pairs, std::int64_t headColumns, Pass pass);

// What attention is to compute at once.
struct BlockWork {
    NumberFormat format{};
    std::int64_t queries = 0;
    std::int64_t keys = 0;
    std::int64_t pairs = 0;  // of them that are seen
    std::int64_t heads = 1;  // of queries, of all sequences of the batch
    std::int64_t headColumns = 1;
    MaskKind mask{};
    Pass pass{};
};

// TFLOP/s of the kernel. The table with the nearest head size is read at the square block of its
// heads that has as many pairs; blocks by position without a table are read as full ones. Below the
// smallest of a table a block takes its share of that one's pairs, and what full blocks take beside
// pairs: masks make small blocks slow by tiles that they show a part of, which pieces have not.
// Nothing where the kernel has no table for this format and pass.
std::optional<double> attentionRate(const Machine& machine, const std::string& kernel,
                                    const BlockWork& work);

// TFLOP/s of a product with so many rows. Nothing where there is no table for the format.
std::optional<double> productRate(const Machine& machine, NumberFormat format, std::int64_t rows);

// Between two points as the logarithm of the size goes; outside, the nearest one's.
double rateAt(const std::vector<RatePoint>& points, double size);

}  // namespace ringscope
