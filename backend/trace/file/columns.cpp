#include "backend/trace/file/columns.h"

#include "backend/trace/file/trace_format.h"

#include <zlib.h>

namespace ringscope::traceformat {
namespace {

// Of a head and the columns behind it, without reading them again.
std::uint32_t joined(std::string_view head, const std::array<std::uint32_t, columnCount>& crcs,
                     std::size_t columnBytes) {
    uLong crc = crcOf(head.data(), head.size());
    for (const std::uint32_t column : crcs)
        crc = ::crc32_combine(crc, column, static_cast<z_off_t>(columnBytes));
    return static_cast<std::uint32_t>(crc);
}

}  // namespace

void ColumnBuffer::fill(std::string_view before, const void* records, std::size_t count) {
    const std::size_t headBytes = before.size() + columnsHeadBytes;
    const std::size_t columnBytes = count * sizeof(std::uint64_t);
    payload_.resize(headBytes + count * recordBytes);
    char* const columns = payload_.data() + headBytes;
    const char* from = static_cast<const char*>(records);
    for (std::size_t record = 0; record < count; ++record, from += recordBytes) {
        std::array<std::uint64_t, columnCount> words;
        std::memcpy(words.data(), from, recordBytes);
        for (std::size_t column = 0; column < columnCount; ++column)
            std::memcpy(columns + column * columnBytes + record * sizeof(std::uint64_t),
                        &words[column], sizeof(std::uint64_t));
    }
    std::array<std::uint32_t, columnCount> crcs{};
    for (std::size_t column = 0; column < columnCount; ++column)
        crcs[column] = crcOf(columns + column * columnBytes, columnBytes);
    payload_.replace(0, before.size(), before);
    std::memcpy(payload_.data() + before.size(), crcs.data(), columnsHeadBytes);
    crc_ = joined({payload_.data(), headBytes}, crcs, columnBytes);
}

RecordView RecordView::ofRows(std::string_view payload) {
    RecordView view;
    for (std::size_t column = 0; column < columnCount; ++column)
        view.first_[column] = payload.data() + column * sizeof(std::uint64_t);
    view.step_ = recordBytes;
    view.count_ = payload.size() / recordBytes;
    return view;
}

std::optional<RecordView> RecordView::ofColumns(std::string_view payload) {
    if (payload.size() < columnsHeadBytes || (payload.size() - columnsHeadBytes) % recordBytes != 0)
        return std::nullopt;
    RecordView view;
    view.step_ = sizeof(std::uint64_t);
    view.count_ = (payload.size() - columnsHeadBytes) / recordBytes;
    for (std::size_t column = 0; column < columnCount; ++column)
        view.first_[column] =
            payload.data() + columnsHeadBytes + column * view.count_ * sizeof(std::uint64_t);
    return view;
}

}  // namespace ringscope::traceformat
