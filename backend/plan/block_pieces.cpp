#include "backend/plan/block_pieces.h"

#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

// Rows whose stretches of keys begin and end alike, or each row a key further than the one before.
struct Stretch {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool beginMoves = false;
    bool endMoves = false;
};

class Cutter {
public:
    Cutter(const std::vector<TokenSpan>& seen, const PieceCosts& costs)
        : seen_(seen), costs_(costs), rest_(seen.size()) {}

    BlockPieces cut() {
        const auto rows = static_cast<std::int64_t>(seen_.size());
        for (std::int64_t row = 0; row < rows;) {
            const Stretch stretch = stretchFrom(row, rows);
            if (seen(row).size() > 0) cutStretch(stretch);
            row = stretch.end;
        }
        if (!remains_) rest_.clear();
        return {std::move(pieces_), std::move(rest_)};
    }

private:
    const TokenSpan& seen(std::int64_t row) const { return seen_[static_cast<std::size_t>(row)]; }

    // Whether `row` goes on as the stretch before it does.
    bool goesOn(std::int64_t row, const Stretch& stretch) const {
        return seen(row).size() > 0 &&
               seen(row).begin - seen(row - 1).begin == (stretch.beginMoves ? 1 : 0) &&
               seen(row).end - seen(row - 1).end == (stretch.endMoves ? 1 : 0);
    }

    Stretch stretchFrom(std::int64_t first, std::int64_t rows) const {
        Stretch stretch{first, first + 1};
        if (seen(first).size() == 0 || stretch.end == rows) return stretch;
        stretch.beginMoves = seen(first + 1).begin != seen(first).begin;
        stretch.endMoves = seen(first + 1).end != seen(first).end;
        while (stretch.end < rows && goesOn(stretch.end, stretch)) ++stretch.end;
        return stretch;
    }

    // Where keys leave the view row by row, rows are taken some at a time: few leave large full
    // pieces and little beside them, many need few launches. Costs for `rows` of them are
    //   launches / rows + rows / 2 * (1 - pair)      for each row; this finds their minimum.
    std::int64_t rowsAtATime(const Stretch& stretch) const {
        const std::int64_t rows = stretch.end - stretch.begin;
        if (!stretch.beginMoves) return rows;
        const double launches = costs_.launch * (stretch.endMoves ? 2 : 1);
        const double spared = std::max(0.01, 1 - costs_.pair);
        const auto best = static_cast<std::int64_t>(std::llround(std::sqrt(2 * launches / spared)));
        const std::int64_t most = std::min(rows, seen(stretch.begin).size());
        const std::int64_t wanted = std::clamp<std::int64_t>(best, 1, most);
        const std::int64_t parts = (rows + wanted - 1) / wanted;
        return (rows + parts - 1) / parts;
    }

    void cutStretch(const Stretch& stretch) {
        // A stretch whose keys grow fewer ends before there are none, so parts get no longer than
        // what their first row sees.
        for (std::int64_t row = stretch.begin; row < stretch.end;) {
            Stretch part = stretch;
            part.begin = row;
            part.end = std::min(row + rowsAtATime(part), stretch.end);
            cutPart(part);
            row = part.end;
        }
    }

    double cost(const BlockPiece& piece, double pairs) const {
        return costs_.launch + costs_.row * static_cast<double>(piece.queries.size()) +
               costs_.pair * pairs;
    }

    // What all rows see, what later rows see of the keys behind it, and what earlier rows see of
    // the keys before it. The first two may be pieces.
    void cutPart(const Stretch& part) {
        const TokenSpan rows{part.begin, part.end};
        const TokenSpan first = seen(part.begin);
        const TokenSpan last = seen(part.end - 1);
        const BlockPiece full{rows, {last.begin, part.endMoves ? first.end - 1 : first.end}};
        const BlockPiece causal{rows, {first.end - 1, last.end}, MaskKind::Causal};

        const auto count = static_cast<double>(rows.size());
        const double fullPairs = count * static_cast<double>(full.keys.size());
        const double causalPairs = part.endMoves ? count * (count + 1) / 2 : 0;
        const double noPiece = fullPairs + causalPairs;
        const double fullCost = full.keys.size() > 0 ? cost(full, fullPairs) : 0;
        const double causalCost = part.endMoves ? cost(causal, causalPairs) : 0;
        // In each row the rest is one stretch: the causal piece's pairs may join it only where
        // there is none before the full piece.
        const double onlyFull = part.beginMoves ? noPiece : fullCost + causalPairs;
        const double onlyCausal = part.endMoves ? fullPairs + causalCost : noPiece;
        const double both = fullCost + causalCost;
        const double least = std::min({noPiece, onlyFull, onlyCausal, both});

        const bool cutsFull = least < noPiece && (least == both || least == onlyFull);
        const bool cutsCausal = least < noPiece && part.endMoves && least != onlyFull;
        if (cutsFull && full.keys.size() > 0) pieces_.push_back(full);
        if (cutsCausal) pieces_.push_back(causal);
        for (std::int64_t row = rows.begin; row < rows.end; ++row) {
            TokenSpan keys = seen(row);
            if (cutsFull && cutsCausal) keys.end = full.keys.begin;
            if (cutsFull && !cutsCausal)
                keys = part.endMoves ? TokenSpan{full.keys.end, keys.end}
                                     : TokenSpan{keys.begin, full.keys.begin};
            if (!cutsFull && cutsCausal) keys.end = causal.keys.begin;
            if (keys.size() <= 0) continue;
            rest_[static_cast<std::size_t>(row)] = keys;
            remains_ = true;
        }
    }

    const std::vector<TokenSpan>& seen_;
    PieceCosts costs_;
    std::vector<BlockPiece> pieces_;
    std::vector<TokenSpan> rest_;
    bool remains_ = false;
};

}  // namespace

BlockPieces cutBlock(const std::vector<TokenSpan>& seen, const PieceCosts& costs) {
    return Cutter(seen, costs).cut();
}

}  // namespace ringscope
