// Tokens of many documents as bytes: written once, front to back, and read without a copy.
//
//   tokens of 1, 2, 4 or 8 bytes   where each document begins, and the end   which are learned
//   facts (JSON)                   hash of the facts, their size, "RSTOKEN1"
//
// Each part begins at a multiple of 8 bytes, little-endian. What is read is checked first: the
// facts against their hash, the size of the file, and the bytes against the hash in the facts.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct TokenFacts {
    std::int64_t tokens = 0;
    std::int64_t documents = 0;
    std::int64_t bytes = 0;  // of a token
    std::int64_t least = 0;  // ids
    std::int64_t most = 0;
    std::int64_t labelled = 0;           // tokens that are learned
    bool answersOnly = false;            // not all are
    std::int64_t padding = 0;            // the id that fills what no document does
    std::string hash{};                  // of all tokens, documents and answers
    std::vector<std::string> remarks{};  // sentences worth showing
};

// Parts of a file, checked. Views of its bytes.
struct TokenParts {
    TokenFacts facts{};
    const char* tokens = nullptr;
    const char* begins = nullptr;
    const char* learned = nullptr;  // a bit each; null: all are
};

// Fails with Corrupt.
Result<TokenParts> readTokenParts(std::string_view bytes);

class TokenFileWriter {
public:
    // Ids must fit into `bytes` bytes. `out` must outlive the writer.
    TokenFileWriter(std::ostream& out, int bytes, bool answersOnly);

    // One document, not empty. `learned` has as many values as `ids`; unused where all are learned.
    void add(std::span<const std::int64_t> ids, const std::vector<bool>& learned);
    std::int64_t documents() const { return static_cast<std::int64_t>(begins_.size()) - 1; }
    std::int64_t tokens() const { return facts_.tokens; }

    // Writes the rest; the writer must not be used afterwards.
    void finish(std::int64_t padding, std::vector<std::string> remarks);

private:
    void write(std::string_view bytes);
    void flush();
    void align();

    std::ostream& out_;
    TokenFacts facts_;
    std::string buffer_{};
    std::vector<std::int64_t> begins_{0};
    std::string learned_{};
    std::uint64_t hash_ = 0;
};

}  // namespace ringscope
