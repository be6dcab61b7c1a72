// What the fuzzers feed with bytes, and what has to hold whatever the bytes are. A promise that is
// broken aborts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringscope::fuzz {

// A file of ours: read, merged, analyzed.
void traceFile(const std::uint8_t* data, std::size_t size);
// Another tool's JSON, plain or compressed: imported, analyzed, written as ours and read back.
void chromeImport(const std::uint8_t* data, std::size_t size);

// A dump of PyTorch's flight recorder: read, compared with itself as another rank's.
void flightDump(const std::uint8_t* data, std::size_t size);

}  // namespace ringscope::fuzz
