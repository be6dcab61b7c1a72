#include "backend/core/output_file.h"
#include "backend/core/plain_text.h"
#include "backend/model/json_value.h"
#include "backend/model/safetensors.h"

#include <fmt/format.h>
#include <algorithm>
#include <ostream>

namespace ringscope {
namespace {

// Passes bytes on and counts them; those that are too many stay out.
class CountingSink : public TensorSink {
public:
    CountingSink(std::ostream& out, std::uint64_t expected) : out_(out), expected_(expected) {}
    void write(std::span<const std::byte> bytes) override {
        written_ += bytes.size();
        if (written_ <= expected_)
            out_.write(reinterpret_cast<const char*>(bytes.data()),
                       static_cast<std::streamsize>(bytes.size()));
    }
    std::uint64_t written() const { return written_; }

private:
    std::ostream& out_;
    std::uint64_t expected_;
    std::uint64_t written_ = 0;
};

Error refusedTensor(const std::string& name, std::string_view sentence) {
    return {ErrorCode::Failed, fmt::format("tensor {} {}", shown(name), sentence)};
}

Result<void> checkOutgoing(const std::vector<OutgoingTensor>& tensors) {
    std::vector<std::string_view> names;
    for (const OutgoingTensor& tensor : tensors) {
        if (tensor.name.empty() || tensor.name == "__metadata__")
            return refusedTensor(tensor.name, "needs another name");
        if (!tensorBytes(tensor.type, tensor.shape))
            return refusedTensor(tensor.name,
                                 "of shape " + shownShape(tensor.shape) + " cannot be stored");
        names.push_back(tensor.name);
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) return refusedTensor(std::string(*twice), "is there twice");
    return {};
}

std::string headerOf(const std::vector<OutgoingTensor>& tensors, const TensorMetadata& metadata) {
    std::string header = "{";
    if (!metadata.empty()) {
        header += "\"__metadata__\":{";
        for (const auto& [key, value] : metadata)
            header += jsonText(key) + ":" + jsonText(value) + ",";
        header.back() = '}';
        header += ",";
    }
    std::uint64_t begin = 0;
    for (const OutgoingTensor& tensor : tensors) {
        const std::uint64_t end = begin + *tensorBytes(tensor.type, tensor.shape);
        header += fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}},)",
                              jsonText(tensor.name), nameOf(tensor.type),
                              fmt::join(tensor.shape, ","), begin, end);
        begin = end;
    }
    if (header.size() > 1) header.pop_back();
    header += '}';
    header.append((8 - header.size() % 8) % 8, ' ');
    return header;
}

void writeLittleEndian(std::ostream& out, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out.put(static_cast<char>(value >> (8 * i) & 0xFF));
}

}  // namespace

Result<void> writeTensors(std::ostream& out, std::vector<OutgoingTensor> tensors,
                          const TensorMetadata& metadata) {
    RINGSCOPE_CHECK(checkOutgoing(tensors));
    std::ranges::sort(tensors, [](const OutgoingTensor& a, const OutgoingTensor& b) {
        return a.type != b.type ? a.type > b.type : a.name < b.name;
    });
    const std::string header = headerOf(tensors, metadata);
    if (header.size() > largestTensorHeader)
        return Error{ErrorCode::Failed,
                     fmt::format("the header would have {} bytes, and {} are allowed; write fewer "
                                 "tensors into a file",
                                 header.size(), largestTensorHeader)};
    writeLittleEndian(out, header.size());
    out << header;
    for (const OutgoingTensor& tensor : tensors) {
        const std::uint64_t expected = *tensorBytes(tensor.type, tensor.shape);
        CountingSink sink(out, expected);
        tensor.write(sink);
        if (sink.written() != expected)
            return refusedTensor(tensor.name, fmt::format("has {} bytes and {} were written",
                                                          expected, sink.written()));
    }
    return {};
}

Result<void> writeTensorFile(const std::filesystem::path& path, std::vector<OutgoingTensor> tensors,
                             const TensorMetadata& metadata) {
    Result<void> whole;
    const Result<void> written = writeOutput(path, [&](std::ostream& out) {
        whole = writeTensors(out, std::move(tensors), metadata);
        // Half a file must not replace what stands there.
        if (!whole.ok()) out.setstate(std::ios::failbit);
    });
    return whole.ok() ? written : std::move(whole).error().in("'" + path.string() + "'");
}

}  // namespace ringscope
