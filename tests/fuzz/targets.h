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

// A file of tensors: read, written, the same bytes read again.
void tensorFile(const std::uint8_t* data, std::size_t size);
// Another maker's config.json: read, laid out, written where it can be and read back.
void modelConfig(const std::uint8_t* data, std::size_t size);

// An experiment's YAML: read, expanded, written and read back. --set's words for it.
void experimentFile(const std::uint8_t* data, std::size_t size);
void setting(const std::uint8_t* data, std::size_t size);

void hostFile(const std::uint8_t* data, std::size_t size);

// A line of a rank, an agent or a controller: what is a frame is written and read back.
void frames(const std::uint8_t* data, std::size_t size);

// Another stack's configuration: migrated with every default, and what would run read.
void migrationSource(const std::uint8_t* data, std::size_t size);
void tomlSource(const std::uint8_t* data, std::size_t size);
void shellSource(const std::uint8_t* data, std::size_t size);
void pythonSource(const std::uint8_t* data, std::size_t size);

// A tokenizer.json, and a SentencePiece model: read, and a few texts encoded and decoded.
void tokenizerJson(const std::uint8_t* data, std::size_t size);
void sentencePiece(const std::uint8_t* data, std::size_t size);

// --where and --sort, asked of two runs; words that select runs of a store.
void query(const std::uint8_t* data, std::size_t size);
void selector(const std::uint8_t* data, std::size_t size);

}  // namespace ringscope::fuzz
