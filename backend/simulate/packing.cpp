#include "backend/simulate/packing.h"

#include "backend/core/plain_text.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace ringscope {
namespace {

// Tokens [begin, end) of a document that a rank has.
struct Piece {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

// A rank's tokens of one document add their pairs, and the keys before its last one that it lacks.
void addPieces(RankLoad& load, std::span<const Piece> pieces) {
    std::int64_t own = 0;
    std::int64_t last = 0;
    for (const Piece& piece : pieces) {
        own += piece.end - piece.begin;
        last = std::max(last, piece.end);
        load.pairs += (piece.begin + 1 + piece.end) * (piece.end - piece.begin) / 2;
    }
    load.tokens += own;
    load.foreignKeys += last - own;
}

// Parts of a sequence that each rank has.
std::vector<std::vector<Piece>> partsOfSequence(Dealing dealing, std::int64_t tokens, int ranks) {
    std::vector<std::vector<Piece>> parts(static_cast<std::size_t>(ranks));
    const std::int64_t count = dealing == Dealing::Contiguous ? ranks : 2LL * ranks;
    for (std::int64_t part = 0; part < count; ++part) {
        const std::int64_t rank = part < ranks ? part : count - 1 - part;
        parts[static_cast<std::size_t>(rank)].push_back(
            {part * tokens / count, (part + 1) * tokens / count});
    }
    return parts;
}

void dealSequence(Dealing dealing, std::span<const std::int64_t> documents,
                  std::vector<RankLoad>& loads) {
    const std::int64_t tokens = std::accumulate(documents.begin(), documents.end(), std::int64_t{});
    const auto parts = partsOfSequence(dealing, tokens, static_cast<int>(loads.size()));
    for (std::size_t rank = 0; rank < loads.size(); ++rank) {
        std::int64_t first = 0;
        for (const std::int64_t length : documents) {
            std::vector<Piece> within;
            for (const Piece& part : parts[rank]) {
                const Piece piece{std::max(part.begin, first) - first,
                                  std::min(part.end, first + length) - first};
                if (piece.begin < piece.end) within.push_back(piece);
            }
            if (!within.empty()) addPieces(loads[rank], within);
            first += length;
        }
    }
}

void dealDocument(std::int64_t length, std::span<RankLoad> ranks) {
    const auto parts = partsOfSequence(Dealing::HeadTail, length, static_cast<int>(ranks.size()));
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) addPieces(ranks[rank], parts[rank]);
}

// Token t is rank t mod P's; rank r has the positions of a document that are r - first further on.
void dealStripes(std::span<const std::int64_t> documents, std::vector<RankLoad>& loads) {
    const auto ranks = std::ssize(loads);
    std::int64_t first = 0;
    for (const std::int64_t length : documents) {
        for (std::int64_t rank = 0; rank < ranks; ++rank) {
            const std::int64_t begin = ((rank - first) % ranks + ranks) % ranks;
            if (begin >= length) continue;
            const std::int64_t count = (length - begin + ranks - 1) / ranks;
            const std::int64_t last = begin + (count - 1) * ranks;
            RankLoad& load = loads[static_cast<std::size_t>(rank)];
            load.tokens += count;
            load.pairs += (begin + 1 + last + 1) * count / 2;
            load.foreignKeys += last + 1 - count;
        }
        first += length;
    }
}

double efficiencyOf(std::span<const RankLoad> loads) {
    std::int64_t most = 0;
    std::int64_t sum = 0;
    for (const RankLoad& load : loads) {
        most = std::max(most, load.pairs);
        sum += load.pairs;
    }
    if (most == 0) return 1;
    return static_cast<double>(sum) / static_cast<double>(most) / static_cast<double>(loads.size());
}

// Long documents first, each on the ranks that have least to do. A document has the fewest ranks
// that bring its share of pairs below so many parts of the mean of all ranks.
std::vector<RankLoad> dealtInGroups(std::span<const std::int64_t> lengths, std::int64_t ranks,
                                    std::int64_t parts) {
    std::int64_t pairs = 0;
    for (const std::int64_t length : lengths) pairs += length * (length + 1) / 2;
    std::vector<RankLoad> loads(static_cast<std::size_t>(ranks));
    std::vector<std::size_t> order(loads.size());
    std::iota(order.begin(), order.end(), std::size_t{});
    for (const std::int64_t length : lengths) {
        std::int64_t size = 1;
        while (size < ranks && length * (length + 1) / 2 / size > pairs / ranks / parts) size *= 2;
        size = std::min(size, ranks);
        std::ranges::stable_sort(order, std::less<>{},
                                 [&](std::size_t rank) { return loads[rank].pairs; });
        std::vector<RankLoad> group;
        for (std::int64_t i = 0; i < size; ++i)
            group.push_back(loads[order[static_cast<std::size_t>(i)]]);
        dealDocument(length, group);
        for (std::int64_t i = 0; i < size; ++i)
            loads[order[static_cast<std::size_t>(i)]] = group[static_cast<std::size_t>(i)];
    }
    return loads;
}

// Smaller groups need fewer keys of others: larger ones are taken where they are more even by more
// than a hundredth.
std::vector<RankLoad> dealDynamically(std::span<const std::int64_t> documents, std::int64_t ranks) {
    constexpr double clearly = 0.01;
    std::vector<std::int64_t> lengths(documents.begin(), documents.end());
    std::ranges::stable_sort(lengths, std::greater<>{});
    std::vector<RankLoad> best = dealtInGroups(lengths, ranks, 1);
    for (const std::int64_t parts : {2, 4, 8, 16}) {
        std::vector<RankLoad> finer = dealtInGroups(lengths, ranks, parts);
        if (efficiencyOf(finer) > efficiencyOf(best) + clearly) best = std::move(finer);
    }
    return best;
}

// The lengths of the documents, or parts of them, in each sequence.
std::vector<std::vector<std::int64_t>> sequencesOf(std::span<const std::int64_t> documents,
                                                   std::int64_t tokens) {
    std::vector<std::vector<std::int64_t>> sequences;
    std::vector<std::int64_t> open;
    std::int64_t room = tokens;
    for (std::int64_t length : documents)
        while (length > 0) {
            const std::int64_t taken = std::min(length, room);
            open.push_back(taken);
            length -= taken;
            room -= taken;
            if (room > 0) continue;
            sequences.push_back(std::exchange(open, {}));
            room = tokens;
        }
    return sequences;
}

bool isTokens(std::int64_t number) {
    constexpr std::int64_t most = std::int64_t{1} << 40;
    return number >= 0 && number <= most;
}

}  // namespace

std::string_view dealingName(Dealing dealing) {
    constexpr std::array names = {"contiguous", "head_tail", "per_document", "striped", "dynamic"};
    return names[static_cast<std::size_t>(dealing)];
}

std::vector<RankLoad> dealtOut(Dealing dealing, std::span<const std::int64_t> documents,
                               int ranks) {
    std::vector<RankLoad> loads(static_cast<std::size_t>(ranks));
    switch (dealing) {
        case Dealing::Contiguous:
        case Dealing::HeadTail:
            dealSequence(dealing, documents, loads);
            break;
        case Dealing::PerDocument:
            for (const std::int64_t length : documents) dealDocument(length, loads);
            break;
        case Dealing::Striped:
            dealStripes(documents, loads);
            break;
        case Dealing::Dynamic:
            return dealDynamically(documents, ranks);
    }
    return loads;
}

Result<PackingReport> packDocuments(std::span<const std::int64_t> documents,
                                    std::int64_t sequenceTokens, int ranks) {
    PackingReport report{.documents = std::ssize(documents), .sequenceTokens = sequenceTokens};
    for (const std::int64_t length : documents) {
        report.tokens += length;
        report.longest = std::max(report.longest, length);
    }
    const auto sequences = sequencesOf(documents, sequenceTokens);
    report.sequences = std::ssize(sequences);
    if (sequences.empty())
        return Error{
            ErrorCode::InvalidConfig,
            fmt::format("{} documents have {} tokens, fewer than one sequence of {}; use a "
                        "smaller --seq-len",
                        formatCount(report.documents), formatCount(report.tokens),
                        formatCount(sequenceTokens))};
    for (int which = 0; which < dealings; ++which) {
        DealingResult result{.dealing = static_cast<Dealing>(which), .worst = 2};
        double mean = 0;
        double most = 0;
        for (std::size_t i = 0; i < sequences.size(); ++i) {
            std::vector<RankLoad> loads = dealtOut(result.dealing, sequences[i], ranks);
            const double efficiency = efficiencyOf(loads);
            double pairs = 0;
            double foreign = 0;
            for (const RankLoad& load : loads) {
                pairs += static_cast<double>(load.pairs);
                foreign += static_cast<double>(load.foreignKeys);
            }
            mean += pairs / ranks;
            most += pairs / ranks / efficiency;
            result.meanForeignKeys += foreign / ranks / static_cast<double>(sequences.size());
            if (efficiency >= result.worst) continue;
            result.worst = efficiency;
            result.worstSequence = static_cast<std::int64_t>(i);
            result.loads = std::move(loads);
        }
        result.efficiency = most > 0 ? mean / most : 1;
        report.dealings.push_back(std::move(result));
    }
    return report;
}

Result<std::vector<std::int64_t>> documentLengths(const std::string& fileName,
                                                  std::vector<std::int64_t> numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (!isTokens(numbers[i]))
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{}: expected numbers of tokens, from 0 on; number {} is {}",
                                     fileName, i, numbers[i])};
    const bool grows =
        numbers.size() > 1 && numbers.front() == 0 && std::ranges::is_sorted(numbers);
    if (grows) {
        for (std::size_t i = 0; i + 1 < numbers.size(); ++i)
            numbers[i] = numbers[i + 1] - numbers[i];
        numbers.pop_back();
    }
    std::erase(numbers, 0);
    if (numbers.empty())
        return Error{ErrorCode::InvalidConfig,
                     fileName + ": holds no document; write a length in tokens on each line"};
    return numbers;
}

Result<std::vector<std::int64_t>> readDocumentLengths(const std::string& fileName,
                                                      std::string_view text) {
    constexpr std::string_view between = " \t\r\n,[]";
    std::vector<std::int64_t> numbers;
    std::int64_t line = 1;
    std::size_t lineBegin = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (between.find(text[at]) != std::string_view::npos) {
            if (text[at] == '\n') {
                ++line;
                lineBegin = at + 1;
            }
            ++at;
            continue;
        }
        const std::size_t end = std::min(text.find_first_of(between, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::optional<std::int64_t> number = parseInteger(word);
        if (!number || !isTokens(*number))
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{}:{}:{}: expected a number of tokens, from 0 on; got {}",
                                     fileName, line, at - lineBegin + 1, shown(word))};
        numbers.push_back(*number);
        at = end;
    }
    return documentLengths(fileName, std::move(numbers));
}

}  // namespace ringscope
