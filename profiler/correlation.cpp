#include "profiler/correlation.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::uint64_t rowMark = std::uint64_t{1} << 63;

struct Field {
    int bits;
    int shift;

    std::uint64_t packed(std::int64_t value) const {
        const std::int64_t most = (std::int64_t{1} << bits) - 1;
        return static_cast<std::uint64_t>(std::clamp<std::int64_t>(value, 0, most)) << shift;
    }
    std::int32_t unpacked(std::uint64_t word) const {
        return static_cast<std::int32_t>((word >> shift) & ((std::uint64_t{1} << bits) - 1));
    }
};

constexpr Field stepField{24, 0};
constexpr Field layerField{12, 24};
constexpr Field ringStepField{12, 36};
constexpr Field passField{3, 48};
constexpr Field operationField{8, 51};
constexpr Field kindField{4, 59};

}  // namespace

std::uint64_t correlationOf(const SpanTag& tag) {
    return kindField.packed(static_cast<int>(tag.kind)) |
           operationField.packed(static_cast<int>(tag.operation)) |
           passField.packed(static_cast<int>(tag.pass)) | ringStepField.packed(tag.ringStep + 1) |
           layerField.packed(tag.layer + 1) | stepField.packed(tag.step);
}

std::uint64_t CorrelationTable::add(std::span<const SpanTag> tags) {
    if (tags.size() == 1 && tags[0].kind != SpanKind::Transfer) return correlationOf(tags[0]);
    const std::lock_guard lock(mutex_);
    rows_.emplace_back(tags.begin(), tags.end());
    return rowMark | (rows_.size() - 1);
}

std::vector<SpanTag> CorrelationTable::tagsOf(std::uint64_t correlation) const {
    if ((correlation & rowMark) != 0) {
        const std::lock_guard lock(mutex_);
        const std::uint64_t row = correlation & ~rowMark;
        return row < rows_.size() ? rows_[row] : std::vector<SpanTag>{};
    }
    const int kind = kindField.unpacked(correlation);
    const int operation = operationField.unpacked(correlation);
    const int pass = passField.unpacked(correlation);
    if (kind > static_cast<int>(SpanKind::Step) || operation >= operationCount ||
        pass >= spanPassCount)
        return {};
    return {{.kind = static_cast<SpanKind>(kind),
             .operation = static_cast<Operation>(operation),
             .pass = static_cast<SpanPass>(pass),
             .step = stepField.unpacked(correlation),
             .layer = layerField.unpacked(correlation) - 1,
             .ringStep = ringStepField.unpacked(correlation) - 1}};
}

void CorrelationTable::clear() {
    const std::lock_guard lock(mutex_);
    rows_.clear();
}

}  // namespace ringscope
