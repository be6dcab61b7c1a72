#include "kernels/train/training_state.h"

#include "backend/plan/optimizer_state.h"
#include "kernels/model/dynamic_map.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

namespace ringscope {
namespace {

const DynamicMap& mapOf(StateKind kind) {
    return kind == StateKind::Mean ? signedMap() : unsignedMap();
}

std::int64_t blockOf(const StateSlice& slice, std::int64_t element) {
    return (element - slice.blocksAt) / eightBitBlock;
}

// Elements [first, first + out.size()) of a slice with codes.
void decode(const StateSlice& slice, std::int64_t first, std::span<float> out) {
    const DynamicMap& map = mapOf(slice.kind);
    const auto* codes = slice.numbers.const_data_ptr<std::uint8_t>() + (first - slice.first);
    const auto* scales = slice.scales.const_data_ptr<float>();
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] =
            map.values[codes[i]] * scales[blockOf(slice, first + static_cast<std::int64_t>(i))];
}

// As a step writes a block (flat_kernels.cpp). Returns the scale.
float encode(const DynamicMap& map, std::span<const float> numbers, std::uint8_t* codes) {
    float most = 0;
    for (const float number : numbers) most = std::max(most, std::fabs(number));
    const bool any = most >= std::numeric_limits<float>::min();
    const float factor = any ? 1 / most : 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        codes[i] = static_cast<std::uint8_t>(codeOf(map, numbers[i] * factor));
    return any ? most : 0;
}

// The stored slices by what they are of.
class StoredSlices {
public:
    explicit StoredSlices(const std::vector<StateSlice>& stored) {
        for (const StateSlice& slice : stored)
            byParameter_[{slice.kind, slice.parameter}].push_back(&slice);
        for (auto& [key, slices] : byParameter_)
            std::ranges::sort(slices, {}, [](const StateSlice* slice) { return slice->first; });
    }

    // Fills `wanted`, which is on any device.
    Result<void> read(StateSlice& wanted) const {
        if (!wanted.eightBit()) return readNumbers(wanted);
        at::Tensor codes = at::empty(wanted.numbers.sizes(), at::kByte);
        at::Tensor scales = at::empty(wanted.scales.sizes(), at::kFloat);
        const std::int64_t end = wanted.first + codes.numel();
        for (std::int64_t block = 0; block < scales.numel(); ++block) {
            const std::int64_t at = wanted.blocksAt + block * eightBitBlock;
            const std::int64_t begin = std::max(at, wanted.first);
            const std::int64_t count = std::min(at + eightBitBlock, end) - begin;
            RINGSCOPE_CHECK(
                readBlock(wanted, begin, count,
                          codes.mutable_data_ptr<std::uint8_t>() + (begin - wanted.first),
                          scales.mutable_data_ptr<float>()[block]));
        }
        wanted.numbers.copy_(codes);
        wanted.scales.copy_(scales);
        return {};
    }

private:
    using Slices = std::vector<const StateSlice*>;

    // Calls body(slice, first, count) for the stretches of [first, first + count), in order.
    template <typename Body>
    Result<void> forEachStretch(const StateSlice& wanted, std::int64_t first, std::int64_t count,
                                Body body) const {
        const auto found = byParameter_.find({wanted.kind, wanted.parameter});
        const Slices none;
        const Slices& slices = found == byParameter_.end() ? none : found->second;
        const std::int64_t end = first + count;
        for (const StateSlice* slice : slices) {
            const std::int64_t sliceEnd = slice->first + slice->numbers.numel();
            if (sliceEnd <= first || slice->first > first || first == end) continue;
            const std::int64_t stretchEnd = std::min(end, sliceEnd);
            body(*slice, first, stretchEnd - first);
            first = stretchEnd;
        }
        if (first == end) return {};
        return Error{ErrorCode::Corrupt, "the checkpoint lacks element " + std::to_string(first) +
                                             " of " + wanted.parameter +
                                             " or its optimizer's state; take another one"};
    }

    Result<void> readNumbers(StateSlice& wanted) const {
        const std::int64_t count = wanted.numbers.numel();
        return forEachStretch(
            wanted, wanted.first, count,
            [&](const StateSlice& slice, std::int64_t first, std::int64_t size) {
                at::Tensor into = wanted.numbers.narrow(0, first - wanted.first, size);
                if (!slice.eightBit()) {
                    into.copy_(slice.numbers.narrow(0, first - slice.first, size));
                    return;
                }
                at::Tensor decoded = at::empty({size}, at::kFloat);
                decode(slice, first,
                       {decoded.mutable_data_ptr<float>(), static_cast<std::size_t>(size)});
                into.copy_(decoded);
            });
    }

    // One block, or the part of one that lies in the wanted slice.
    Result<void> readBlock(const StateSlice& wanted, std::int64_t first, std::int64_t count,
                           std::uint8_t* codes, float& scale) const {
        float numbers[eightBitBlock];
        bool copied = false;
        RINGSCOPE_CHECK(forEachStretch(
            wanted, first, count, [&](const StateSlice& slice, std::int64_t at, std::int64_t size) {
                const std::span<float> into(numbers + (at - first), static_cast<std::size_t>(size));
                if (!slice.eightBit()) {
                    at::Tensor exact =
                        slice.numbers.narrow(0, at - slice.first, size).to(at::kFloat);
                    std::copy_n(exact.const_data_ptr<float>(), size, into.data());
                    return;
                }
                decode(slice, at, into);
                copied = size == count && blockOf(slice, at) == blockOf(slice, at + size - 1);
                if (!copied) return;
                std::copy_n(slice.numbers.const_data_ptr<std::uint8_t>() + (at - slice.first), size,
                            codes);
                scale = slice.scales.const_data_ptr<float>()[blockOf(slice, at)];
            }));
        if (!copied)
            scale = encode(mapOf(wanted.kind), {numbers, static_cast<std::size_t>(count)}, codes);
        return {};
    }

    std::map<std::pair<StateKind, std::string>, Slices> byParameter_;
};

// Values, and the state of what is trained.
Result<void> visitSlices(const RankModel& model, ShardedOptimizer& optimizer, StateUse use,
                         const SliceVisit& visit) {
    const std::int64_t begin = optimizer.part().owned().begin;
    return optimizer.visitState(
        use, [&](StateKind kind, const ElementRange& range, const StateNumbers& state) {
            const BufferPart place{begin + range.begin, range.count};
            Result<void> visited;
            model.forEachOwned(place, [&](const std::string& parameter, std::int64_t own,
                                          std::int64_t first, std::int64_t count) {
                if (!visited.ok()) return;
                StateSlice slice{.kind = kind,
                                 .parameter = parameter,
                                 .first = first,
                                 .numbers = state.numbers.narrow(0, own - place.begin, count)};
                if (state.scales.defined()) {  // all of one parameter
                    slice.scales = state.scales;
                    slice.blocksAt = first - range.skipped % eightBitBlock;
                }
                visited = visit(slice);
            });
            return visited;
        });
}

}  // namespace

Result<void> visitOwnedSlices(const RankModel& model, std::vector<ShardedOptimizer>& optimizers,
                              const SliceVisit& visit) {
    for (ShardedOptimizer& optimizer : optimizers)
        if (optimizer.part().ownsFirst())
            RINGSCOPE_CHECK(visitSlices(model, optimizer, StateUse::Read, visit));
    return {};
}

Result<void> restoreSlices(const RankModel& model, std::vector<ShardedOptimizer>& optimizers,
                           const std::vector<StateSlice>& stored, std::int64_t optimizerSteps) {
    const StoredSlices from(stored);
    for (ShardedOptimizer& optimizer : optimizers) {
        RINGSCOPE_CHECK(visitSlices(model, optimizer, StateUse::Change,
                                    [&](StateSlice& slice) { return from.read(slice); }));
        optimizer.setSteps(optimizerSteps);
    }
    for (ShardedOptimizer& optimizer : optimizers) optimizer.part().shareValues();
    return {};
}

}  // namespace ringscope
