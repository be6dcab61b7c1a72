#include "backend/model/safetensors.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/json_cursor.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>

namespace ringscope {
namespace {

constexpr std::uint64_t headerLengthBytes = 8;

Error brokenTable(std::string_view sentence) { return {ErrorCode::Corrupt, std::string(sentence)}; }

Error brokenTensor(const std::string& name, std::string_view sentence) {
    return brokenTable(fmt::format("tensor {} {}", shown(name), sentence));
}

std::uint64_t littleEndian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < headerLengthBytes; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
}

// What the header says of a tensor, before it is looked at.
struct EntryWords {
    std::optional<std::string> type;
    std::optional<std::vector<std::int64_t>> shape;
    std::vector<std::int64_t> offsets;  // of the data section
};

Result<std::vector<std::int64_t>> readNumbers(JsonCursor& json) {
    std::vector<std::int64_t> numbers;
    RINGSCOPE_CHECK(json.list([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t number, json.whole());
        if (number < 0) return json.wrong("a number below 0 is no size and no place");
        numbers.push_back(number);
        return {};
    }));
    return numbers;
}

Result<EntryWords> readEntryWords(JsonCursor& json, const std::string& name) {
    EntryWords words;
    RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
        if (key == "dtype") {
            RINGSCOPE_TRY(words.type, json.text());
        } else if (key == "shape") {
            RINGSCOPE_TRY(words.shape, readNumbers(json));
        } else if (key == "data_offsets") {
            RINGSCOPE_TRY(words.offsets, readNumbers(json));
        } else {
            return json.wrong(fmt::format("tensor {} has the key {}, which the format does not",
                                          shown(name), shown(key)));
        }
        return {};
    }));
    return words;
}

Result<TensorEntry> entryOf(const std::string& name, const EntryWords& words,
                            std::uint64_t dataBegin) {
    if (!words.type || !words.shape)
        return brokenTensor(name, "has no dtype or no shape; the file was not written whole");
    if (words.offsets.size() != 2 || words.offsets[1] < words.offsets[0])
        return brokenTensor(name, "has no data_offsets of a first byte and an end behind it");
    const std::optional<TensorType> type = findChoice<TensorType>(*words.type);
    if (!type)
        return brokenTensor(name, fmt::format("has the type {}, which the format does not know",
                                              shown(*words.type)));
    const std::optional<std::uint64_t> bytes = tensorBytes(*type, *words.shape);
    if (!bytes)
        return brokenTensor(name, fmt::format("of type {} and shape {} has no whole number of "
                                              "bytes that fits",
                                              *words.type, shownShape(*words.shape)));
    const auto stored = static_cast<std::uint64_t>(words.offsets[1] - words.offsets[0]);
    if (*bytes != stored)
        return brokenTensor(name,
                            fmt::format("of type {} and shape {} has {} bytes; data_offsets give "
                                        "it {}",
                                        *words.type, shownShape(*words.shape), *bytes, stored));
    return TensorEntry{name, *type, *words.shape,
                       dataBegin + static_cast<std::uint64_t>(words.offsets[0]),
                       dataBegin + static_cast<std::uint64_t>(words.offsets[1])};
}

Result<TensorMetadata> readMetadata(JsonCursor& json) {
    TensorMetadata metadata;
    RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
        Result<std::string> value = json.text();
        if (!value.ok())
            return std::move(value).error().in("__metadata__ " + shown(key) + " must be a text");
        metadata.emplace_back(key, *std::move(value));
        return {};
    }));
    return metadata;
}

Result<TensorTable> readHeader(std::string_view header, std::uint64_t dataBegin) {
    JsonCursor json(header, JsonPlaces::Bytes);
    if (!header.starts_with('{'))
        return json.wrong("the header must begin with '{'; is this a safetensors file?");
    TensorTable table;
    RINGSCOPE_CHECK(json.object([&](const std::string& name) -> Result<void> {
        if (name == "__metadata__") {
            RINGSCOPE_TRY(table.metadata, readMetadata(json));
            return {};
        }
        RINGSCOPE_TRY(const EntryWords words, readEntryWords(json, name));
        RINGSCOPE_TRY(TensorEntry entry, entryOf(name, words, dataBegin));
        table.tensors.push_back(std::move(entry));
        return {};
    }));
    if (header.find_first_not_of(' ', json.behind()) != header.npos)
        return json.wrong("nothing but spaces may follow the header's JSON");
    return table;
}

// Whether the tensors fill the data section from its first byte to its last, one after another.
Result<void> checkPlaces(const std::vector<TensorEntry>& tensors, std::uint64_t dataBegin,
                         std::uint64_t fileEnd) {
    std::uint64_t expected = dataBegin;
    for (const TensorEntry& tensor : tensors) {
        if (tensor.end > fileEnd)
            return brokenTensor(tensor.name,
                                fmt::format("ends at byte {} and the file at {}; it was cut off, "
                                            "copy it again",
                                            tensor.end, fileEnd));
        if (tensor.begin != expected)
            return brokenTensor(
                tensor.name,
                fmt::format(
                    "begins at byte {}, {} the tensor before it ends at {}", tensor.begin,
                    tensor.begin < expected ? "within another:" : "behind a hole:", expected));
        expected = tensor.end;
    }
    if (expected != fileEnd)
        return brokenTable(
            fmt::format("the last tensor ends at byte {} and the file at {}; "
                        "nothing may follow the tensors",
                        expected, fileEnd));
    return {};
}

}  // namespace

std::string shownShape(const std::vector<std::int64_t>& shape) {
    std::vector<std::string> sizes;
    for (const std::int64_t size : shape) sizes.push_back(std::to_string(size));
    return "[" + join(sizes, ", ") + "]";
}

std::optional<std::uint64_t> tensorBytes(TensorType type, const std::vector<std::int64_t>& shape) {
    constexpr auto most = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    std::uint64_t bits = static_cast<std::uint64_t>(rowOf(type).bits);
    const bool none = std::ranges::find(shape, 0) != shape.end();
    for (const std::int64_t size : shape) {
        if (size == 0) continue;  // the others must fit all the same
        if (size < 0 || bits > most / static_cast<std::uint64_t>(size)) return std::nullopt;
        bits *= static_cast<std::uint64_t>(size);
    }
    if (none) return 0;
    if (bits % 8 != 0) return std::nullopt;
    return bits / 8;
}

Result<TensorTable> readTensorTable(std::string_view file) {
    if (file.size() < headerLengthBytes)
        return brokenTable(
            fmt::format("a safetensors file begins with 8 bytes; this one has {}", file.size()));
    const std::uint64_t length = littleEndian(file);
    if (length > largestTensorHeader)
        return brokenTable(
            fmt::format("its header would have {} bytes, and {} are allowed; is "
                        "this a safetensors file?",
                        length, largestTensorHeader));
    if (length > file.size() - headerLengthBytes)
        return brokenTable(
            fmt::format("its header has {} bytes and the file {}; it was cut off, "
                        "copy it again",
                        length, file.size()));
    const std::uint64_t dataBegin = headerLengthBytes + length;
    RINGSCOPE_TRY(TensorTable table, readHeader(file.substr(headerLengthBytes, length), dataBegin));
    std::ranges::stable_sort(table.tensors, {}, [](const TensorEntry& tensor) {
        return std::pair(tensor.begin, tensor.end);
    });
    RINGSCOPE_CHECK(checkPlaces(table.tensors, dataBegin, file.size()));
    return table;
}

}  // namespace ringscope
