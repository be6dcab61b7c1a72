// Records of 32 bytes, four 64-bit words each, as columns of a chunk: all first words, all second
// words, and so on.
//
//   payload:  [what the kind puts in front]  u32 crc of each column (4)
//             n words 0   n words 1   n words 2   n words 3
//
// The checksum of a chunk covers its whole payload, and a reader tests that one. It can be computed
// from those of the columns, so a writer goes over the words once.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope::traceformat {

inline constexpr std::size_t columnCount = 4;
inline constexpr std::size_t recordBytes = columnCount * sizeof(std::uint64_t);
inline constexpr std::size_t columnsHeadBytes = columnCount * sizeof(std::uint32_t);

// Makes a payload of records. Keeps its memory for the next.
class ColumnBuffer {
public:
    void fill(std::string_view before, const void* records, std::size_t count);
    std::string_view payload() const { return payload_; }
    std::uint32_t crc() const { return crc_; }  // of the payload

private:
    std::string payload_;
    std::uint32_t crc_ = 0;
};

// The records of a payload where they lie: columns, or one after another as version 1 wrote them.
class RecordView {
public:
    // A last record that is not whole is left out.
    static RecordView ofRows(std::string_view payload);
    // Nothing where the bytes are not columns of equal length.
    static std::optional<RecordView> ofColumns(std::string_view payload);

    std::size_t size() const { return count_; }
    std::uint64_t word(std::size_t column, std::size_t record) const {
        std::uint64_t value;
        std::memcpy(&value, first_[column] + record * step_, sizeof value);
        return value;
    }
    template <typename Record>
    Record at(std::size_t record) const {
        static_assert(sizeof(Record) == recordBytes);
        std::array<std::uint64_t, columnCount> words{};
        for (std::size_t column = 0; column < columnCount; ++column)
            words[column] = word(column, record);
        Record made;
        std::memcpy(static_cast<void*>(&made), words.data(), sizeof made);
        return made;
    }

private:
    std::array<const char*, columnCount> first_{};
    std::size_t step_ = 0;
    std::size_t count_ = 0;
};

}  // namespace ringscope::traceformat
