#include "kernels/block/cpu/score_strip.h"

#include "kernels/block/cpu/score_rows.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t pieces(std::int64_t columns) {
    return (columns + lineColumns - 1) / lineColumns;
}

}  // namespace

template <typename T>
StripView viewOf(const Tiles<T>& tiles, TokenSpan queries, TokenSpan tileKeys) {
    StripView view;
    view.queries = queries;
    view.keys = {tileKeys.size(), 0};
    for (std::int64_t row = 0; row < queries.size(); ++row) {
        const TokenSpan seen = tiles.visible(queries.begin + row, tileKeys);
        TokenSpan& visible = view.visible[static_cast<std::size_t>(row)];
        visible = {seen.begin - tileKeys.begin, seen.end - tileKeys.begin};
        if (visible.size() == 0) continue;
        view.keys.begin = std::min(view.keys.begin, visible.begin);
        view.keys.end = std::max(view.keys.end, visible.end);
    }
    if (view.keys.size() < 0) view.keys = {};
    view.vectors = {view.keys.begin / rows::rowColumns * rows::rowColumns,
                    paddedColumns(view.keys.end)};
    return view;
}

template <typename T>
Strip<T>::Strip(std::int64_t columns)
    : columns_(columns), lines_(pieces(columns) * stripRows * lineStride) {}

template <typename T>
void Strip<T>::load(Matrix<const T> from, std::int64_t rows, T factor) {
    rows_ = rows;
    for (std::int64_t piece = 0; piece < pieces(columns_); ++piece) {
        const std::int64_t first = piece * lineColumns;
        rows::copyRows<T>({from.first + first, from.stride}, factor,
                          {lines_.first() + piece * stripRows * lineStride, lineStride}, rows,
                          std::min(lineColumns, columns_ - first));
    }
}

template <typename T>
void Strip<T>::times(const Panels<T>& b, TokenSpan span, T* scores) const {
    const std::int64_t begin = span.begin / panelColumns * panelColumns;
    const std::int64_t end =
        std::min((span.end + panelColumns - 1) / panelColumns * panelColumns, b.columns());
    for (std::int64_t piece = 0; piece < pieces(columns_); ++piece) {
        const std::int64_t first = piece * lineColumns;
        StripProduct<T> product =
            b.part(first, std::min(lineColumns, columns_ - first), begin, end - begin);
        product.a = lines_.first() + piece * stripRows * lineStride;
        product.c = scores + begin;
        product.cStride = lineStride;
        product.rows = rows_;
        product.add = piece > 0;
        multiply(product);
    }
}

template <typename T>
void fillUnseen(T* line, TokenSpan within, TokenSpan visible, T value) {
    if (visible == within) return;
    if (visible.size() == 0) visible = {within.end, within.end};
    for (const TokenSpan unseen :
         {TokenSpan{within.begin, visible.begin}, TokenSpan{visible.end, within.end}})
        if (unseen.size() > 0) rows::fill(line + unseen.begin, unseen.size(), value);
}

#define RINGSCOPE_SCORE_STRIP(T)                                      \
    template StripView viewOf(const Tiles<T>&, TokenSpan, TokenSpan); \
    template class Strip<T>;                                          \
    template void fillUnseen(T*, TokenSpan, TokenSpan, T);

RINGSCOPE_SCORE_STRIP(float)
RINGSCOPE_SCORE_STRIP(double)

}  // namespace ringscope
