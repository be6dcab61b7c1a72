#include "backend/text/protobuf.h"

#include <bit>
#include <optional>
#include <string>

namespace ringscope {
namespace {

class ProtoBytes {
public:
    explicit ProtoBytes(std::string_view bytes) : bytes_(bytes) {}

    bool ended() const { return at_ >= bytes_.size(); }
    std::size_t at() const { return at_; }

    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !ended(); shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes_[at_++]);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        return std::nullopt;
    }

    std::optional<std::uint64_t> fixed(std::size_t count) {
        const std::optional<std::string_view> bytes = take(count);
        if (!bytes) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = count; i-- > 0;)
            value = value << 8U | static_cast<unsigned char>((*bytes)[i]);
        return value;
    }

    std::optional<std::string_view> take(std::uint64_t count) {
        if (count > bytes_.size() - at_) return std::nullopt;
        const std::string_view taken = bytes_.substr(at_, count);
        at_ += count;
        return taken;
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

std::optional<ProtoField> nextField(ProtoBytes& in) {
    const std::optional<std::uint64_t> key = in.varint();
    if (!key || *key >> 3U == 0 || *key >> 3U >= 1U << 29U) return std::nullopt;
    ProtoField field{.number = static_cast<std::uint32_t>(*key >> 3U),
                     .wireType = static_cast<std::uint8_t>(*key & 7U)};
    std::optional<std::uint64_t> value;
    if (field.wireType == 0 || field.wireType == 2) value = in.varint();
    if (field.wireType == 1) value = in.fixed(8);
    if (field.wireType == 5) value = in.fixed(4);
    if (!value) return std::nullopt;
    field.value = *value;
    if (field.wireType != 2) return field;
    const std::optional<std::string_view> bytes = in.take(*value);
    if (!bytes) return std::nullopt;
    field.bytes = *bytes;
    return field;
}

}  // namespace

float ProtoField::asFloat() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

Result<std::vector<ProtoField>> readProto(std::string_view bytes) {
    ProtoBytes in(bytes);
    std::vector<ProtoField> fields;
    while (!in.ended()) {
        const std::size_t at = in.at();
        const std::optional<ProtoField> field = nextField(in);
        if (!field)
            return Error{ErrorCode::InvalidConfig, "breaks off or goes wrong at byte " +
                                                       std::to_string(at) + " of " +
                                                       std::to_string(bytes.size())};
        fields.push_back(*field);
    }
    return fields;
}

}  // namespace ringscope
