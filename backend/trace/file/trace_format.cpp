#include "backend/trace/file/trace_format.h"

#include "backend/trace/trace_origin.h"

#include <fmt/format.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

namespace ringscope::traceformat {

std::uint32_t crcOf(const void* data, std::size_t bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, static_cast<const unsigned char*>(data), bytes));
}

std::string headerBytes(const TraceOrigin& origin) {
    const std::string text =
        traceOriginJson(origin).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const auto length = static_cast<std::uint32_t>(text.size());
    const std::uint32_t crc = crcOf(text.data(), text.size());
    std::string header(magic);
    header.append(reinterpret_cast<const char*>(&formatVersion), sizeof formatVersion);
    header.append(reinterpret_cast<const char*>(&length), sizeof length);
    header += text;
    header.append(reinterpret_cast<const char*>(&crc), sizeof crc);
    return header;
}

Result<TraceOrigin> readHeader(Cursor& cursor) {
    const auto mark = cursor.take(magic.size());
    if (!mark || *mark != magic) return Error{ErrorCode::Corrupt, "this is not a Ringscope trace"};
    const auto version = cursor.take<std::uint32_t>();
    if (version && *version > formatVersion)
        return Error{ErrorCode::Corrupt, fmt::format("trace format {} is newer than this program, "
                                                     "which reads up to {}; use a newer Ringscope",
                                                     *version, formatVersion)};
    const auto length = cursor.take<std::uint32_t>();
    const auto text = length && *length <= largestOrigin ? cursor.take(*length) : std::nullopt;
    const auto crc = cursor.take<std::uint32_t>();
    const Error broken{ErrorCode::Corrupt, "the trace's header is cut off or damaged"};
    if (!text || !crc || *crc != crcOf(text->data(), text->size())) return broken;
    std::optional<TraceOrigin> origin =
        traceOriginFrom(nlohmann::json::parse(*text, nullptr, false));
    if (!origin) return broken;
    return *std::move(origin);
}

}  // namespace ringscope::traceformat
