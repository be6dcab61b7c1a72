#include "backend/plan/optimizer_pieces.h"

#include <algorithm>

namespace ringscope {
namespace {

// At most at `wanted`; in a range with eightBit, where a block begins.
std::int64_t pieceEnd(const std::vector<ElementRange>& ranges, std::int64_t wanted) {
    for (const ElementRange& range : ranges) {
        if (!range.eightBit || wanted <= range.begin || wanted >= range.begin + range.count)
            continue;
        const std::int64_t inBlock = (range.skipped + wanted - range.begin) % eightBitBlock;
        return std::max(range.begin, wanted - inBlock);
    }
    return wanted;
}

// The parts of ranges that lie in the piece.
std::vector<ElementRange> partsWithin(const std::vector<ElementRange>& ranges,
                                      const BufferPart& elements) {
    std::vector<ElementRange> parts;
    for (const ElementRange& range : ranges) {
        const std::int64_t first = std::max(elements.begin, range.begin);
        const std::int64_t end =
            std::min(elements.begin + elements.count, range.begin + range.count);
        if (first >= end) continue;
        parts.push_back({.begin = first - elements.begin,
                         .count = end - first,
                         .eightBit = range.eightBit,
                         .skipped = range.skipped + first - range.begin,
                         .decayed = range.decayed});
    }
    return parts;
}

StateRecord recordOf(const MomentScalars& moments, std::int64_t copied, std::int64_t numberBytes) {
    constexpr std::int64_t unit = 64;  // sections begin where any vector of numbers may
    constexpr auto scaleBytes = static_cast<std::int64_t>(sizeof(float));
    const std::array sizes = {copied * numberBytes,
                              moments.exact * numberBytes,
                              moments.exact * numberBytes,
                              moments.eightBit,
                              moments.eightBit,
                              moments.blocks * scaleBytes,
                              moments.blocks * scaleBytes};
    StateRecord record;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        record.at[i + 1] = record.at[i] + (sizes[i] + unit - 1) / unit * unit;
    return record;
}

}  // namespace

std::vector<OptimizerPiece> optimizerPieces(const std::vector<ParameterSpec>& list,
                                            const TrainConfig& train, const BufferPart& slice) {
    const NumberFormatRow& format = rowOf(train.precision);
    const bool copies = format.bytes != format.sumBytes;
    const std::vector<ElementRange> ranges = trainedRanges(list, train, slice);
    std::vector<OptimizerPiece> pieces;
    for (std::int64_t begin = 0; begin < slice.count;) {
        const std::int64_t wanted = begin + mostPieceElements;
        const std::int64_t end = wanted >= slice.count ? slice.count : pieceEnd(ranges, wanted);
        OptimizerPiece& piece = pieces.emplace_back();
        piece.elements = {begin, end - begin};
        piece.trained = partsWithin(ranges, piece.elements);
        piece.record =
            recordOf(momentScalars(piece.trained), copies ? end - begin : 0, format.sumBytes);
        begin = end;
    }
    return pieces;
}

}  // namespace ringscope
