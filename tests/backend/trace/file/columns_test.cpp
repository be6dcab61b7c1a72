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
    }
}

RC_GTEST_PROP(Columns, OfRowsReadTheSame, ()) {
    const auto records = someRecords(*rc::gen::inRange<std::size_t>(1, 40));
    const RecordView view = RecordView::ofRows(
        {reinterpret_cast<const char*>(records.data()), records.size() * recordBytes});
    RC_ASSERT(view.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) RC_ASSERT(view.at<Words>(i) == records[i]);
}

TEST(Columns, HaveAChecksumEach) {
    const std::vector<Words> records = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    ColumnBuffer buffer;
    buffer.fill({}, records.data(), records.size());
    for (std::size_t column = 0; column < columnCount; ++column) {
        const std::array<std::uint64_t, 2> words = {records[0][column], records[1][column]};
        std::uint32_t said = 0;
        std::memcpy(&said, buffer.payload().data() + column * sizeof said, sizeof said);
        EXPECT_EQ(said, crcOf(words.data(), sizeof words)) << "column " << column;
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
