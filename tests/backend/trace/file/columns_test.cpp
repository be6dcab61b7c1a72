#include "backend/trace/file/columns.h"

#include "backend/trace/file/trace_format.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <vector>

namespace ringscope::traceformat {
namespace {

using Words = std::array<std::uint64_t, columnCount>;

std::vector<Words> someRecords(std::size_t count) {
    std::vector<Words> records(count);
    for (Words& words : records)
        for (std::uint64_t& word : words) word = *rc::gen::arbitrary<std::uint64_t>();
    return records;
}

RC_GTEST_PROP(Columns, GiveBackTheRecordsTheyWereMadeOf, ()) {
    ColumnBuffer buffer;
    const std::string before = *rc::gen::arbitrary<std::string>();
    for (int fill = 0; fill < 2; ++fill) {  // the second finds the memory of the first
        const auto records = someRecords(*rc::gen::inRange<std::size_t>(0, 40));
        buffer.fill(before, records.data(), records.size());
        const std::string_view payload = buffer.payload();
        RC_ASSERT(payload.starts_with(before));
        RC_ASSERT(buffer.crc() == crcOf(payload.data(), payload.size()));

        const auto view = RecordView::ofColumns(payload.substr(before.size()));
        RC_ASSERT(view.has_value());
        RC_ASSERT(view->size() == records.size());
        for (std::size_t i = 0; i < records.size(); ++i)
            RC_ASSERT(view->at<Words>(i) == records[i]);
        for (std::size_t column = 0; column < columnCount; ++column)
            RC_ASSERT(view->isSound(column));
    }
}

RC_GTEST_PROP(Columns, OfRowsReadTheSame, ()) {
    const auto records = someRecords(*rc::gen::inRange<std::size_t>(1, 40));
    const RecordView view = RecordView::ofRows(
        {reinterpret_cast<const char*>(records.data()), records.size() * recordBytes});
    RC_ASSERT(view.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) RC_ASSERT(view.at<Words>(i) == records[i]);
}

TEST(Columns, SayWhichOfThemIsDamaged) {
    const std::vector<Words> records = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    ColumnBuffer buffer;
    buffer.fill({}, records.data(), records.size());
    for (std::size_t at = 0; at < buffer.payload().size(); ++at) {
        std::string damaged(buffer.payload());
        damaged[at] = static_cast<char>(damaged[at] ^ 4);
        const RecordView view = RecordView::ofColumns(damaged).value();
        const bool inHead = at < columnsHeadBytes;
        const std::size_t hit =
            inHead ? at / 4 : (at - columnsHeadBytes) / (records.size() * sizeof(std::uint64_t));
        for (std::size_t column = 0; column < columnCount; ++column)
            EXPECT_EQ(view.isSound(column), column != hit) << "byte " << at;
        // The head is held against the chunk's checksum, for which no column need be read.
        EXPECT_EQ(view.crcOfPayload(damaged) == buffer.crc(), !inHead) << "byte " << at;
    }
}

TEST(Columns, OfAnyOtherLengthAreRefused) {
    for (std::size_t bytes = 0; bytes < 200; ++bytes)
        EXPECT_EQ(RecordView::ofColumns(std::string(bytes, 'x')).has_value(),
                  bytes >= columnsHeadBytes && (bytes - columnsHeadBytes) % recordBytes == 0)
            << bytes;
}

}  // namespace
}  // namespace ringscope::traceformat
