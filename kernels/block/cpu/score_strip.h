// A strip: a few queries that are multiplied by a tile of keys at a time, so that their scores stay
// in the processor's first cache.
#pragma once

#include "kernels/block/cpu/panels.h"
#include "kernels/block/cpu/tiles.h"

#include <array>

namespace ringscope {

// Which keys of a tile the queries of a strip see, counted from the tile's first key.
struct StripView {
    TokenSpan queries{};
    std::array<TokenSpan, stripRows> visible{};
    TokenSpan keys{};     // that any of them sees
    TokenSpan vectors{};  // keys, and columns beside them to whole vectors

    std::int64_t rows() const { return queries.size(); }
};

template <typename T>
StripView viewOf(const Tiles<T>& tiles, TokenSpan queries, TokenSpan tileKeys);

// Rows of q or dOut as a product's left operand.
template <typename T>
class Strip {
public:
    explicit Strip(std::int64_t columns);

    void load(Matrix<const T> from, std::int64_t rows, T factor);
    // scores = strip * b, in lines; at least the columns of `span` become right.
    void times(const Panels<T>& b, TokenSpan span, T* scores) const;

private:
    std::int64_t columns_;
    std::int64_t rows_ = 0;
    LineBuffer<T> lines_;  // pieces of lineColumns columns, one after the other
};

// Sets the columns of `within` that a query does not see.
template <typename T>
void fillUnseen(T* line, TokenSpan within, TokenSpan visible, T value);

}  // namespace ringscope
