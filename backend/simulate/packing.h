// What documents that are packed into sequences give each rank to do, by how the tokens are dealt
// out:
//
//   contiguous    rank r has the r-th part of the sequence
//   head_tail     an early and a late part of the sequence
//   per_document  an early and a late part of each document
//   striped       every P-th token
//   dynamic       each document on as many ranks as its length needs, the rest on others
//
// Work is query-key pairs under a causal mask, none of which joins two documents.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class Dealing : std::uint8_t { Contiguous, HeadTail, PerDocument, Striped, Dynamic };
inline constexpr int dealings = static_cast<int>(Dealing::Dynamic) + 1;
std::string_view dealingName(Dealing dealing);

struct RankLoad {
    std::int64_t tokens = 0;
    std::int64_t pairs = 0;
    std::int64_t foreignKeys = 0;  // tokens of other ranks whose keys it needs
};

// The documents of one sequence, by length; their sum is the sequence's.
std::vector<RankLoad> dealtOut(Dealing dealing, std::span<const std::int64_t> documents, int ranks);

struct DealingResult {
    Dealing dealing{};
    double efficiency = 1;  // mean work over the most, of all sequences: a step waits for it
    double worst = 1;       // of the worst sequence
    std::int64_t worstSequence = 0;
    double meanForeignKeys = 0;     // of a rank in a sequence
    std::vector<RankLoad> loads{};  // of the worst sequence
};

struct PackingReport {
    std::int64_t documents = 0;
    std::int64_t tokens = 0;
    std::int64_t longest = 0;
    std::int64_t sequences = 0;
    std::int64_t sequenceTokens = 0;
    std::vector<DealingResult> dealings{};
};

// Documents follow each other, as packing puts them: one that does not end with a sequence goes on
// in the next, and what does not fill the last sequence is left out. Fails where there is not one.
Result<PackingReport> packDocuments(std::span<const std::int64_t> documents,
                                    std::int64_t sequenceTokens, int ranks);

// Lengths of documents from a list of them, or of where they begin and the end: one that begins
// with 0 and grows. Fails where a number is none of tokens, and where there is no document.
Result<std::vector<std::int64_t>> documentLengths(const std::string& fileName,
                                                  std::vector<std::int64_t> numbers);

// The same of numbers between blanks, commas, line ends or brackets. Fails with line and column.
Result<std::vector<std::int64_t>> readDocumentLengths(const std::string& fileName,
                                                      std::string_view text);

}  // namespace ringscope
