#include "backend/plan/layout_choice.h"

#include "backend/config/data_source.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/plan/blocks.h"
#include "backend/plan/hilbert.h"
#include "backend/plan/key_choices.h"

#include <fmt/format.h>
#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

namespace ringscope {
namespace {

using Spans = ShardLayout::Spans;

// Executors that work on rows of any tokens.
bool takesAnyTokens(Executor executor) {
    return executor == Executor::Ring || executor == Executor::KeyGather;
}

// Whose modes are the same whatever the layout; a ring over another layout is another mode.
bool takesLayouts(Executor executor) { return executor == Executor::KeyGather; }

std::string modesThat(bool (*take)(Executor executor), const AttentionShape& shape) {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded) continue;
        AttentionShape padded = shape;
        padded.tokens = paddedTokens(mode, shape);
        const Result<Schedule> schedule = mode.schedule(padded);
        if (schedule.ok() && take(schedule->executor)) names.emplace_back(mode.name);
    }
    return join(names, ", ");
}

Error hasOwnLayout(const Mode& mode, const AttentionShape& shape, Executor executor,
                   ShardChoice layout) {
    const std::string_view ring =
        layout == ShardChoice::Zigzag ? modenames::zigzag : modenames::ring;
    const std::string hint =
        executor == Executor::Ring
            ? fmt::format(" (a ring over {} shards is parallel.mode {})", nameOf(layout), ring)
            : "";
    return {ErrorCode::InvalidConfig,
            fmt::format("{} has a layout of its own, and parallel.layout is {}{}; use auto, or a "
                        "mode that takes both: {}",
                        mode.name, nameOf(layout), hint, modesThat(takesLayouts, shape))};
}

// What a rank sends of its keys for others to choose by is planned before a batch is known.
Error choosesBeforeBatches(const AttentionShape& shape) {
    return {ErrorCode::InvalidConfig,
            "attention.pattern.top_k lets tokens of a ring choose among blocks of known ranks, and "
            "parallel.layout documents shares each batch out anew; use layout auto, or a mode that "
            "gathers keys: " +
                modesThat(takesLayouts, shape)};
}

// `field` is `chosen`, and could be `instead`.
template <typename Enum>
Error needsOrder(const Mode& mode, const AttentionShape& shape, std::string_view field, Enum chosen,
                 Enum instead) {
    return {ErrorCode::InvalidConfig,
            fmt::format("{} needs each rank's tokens before the next rank's, and {} is {}; use {}, "
                        "or one of {}",
                        mode.name, field, nameOf(chosen), nameOf(instead),
                        modesThat(takesAnyTokens, shape))};
}

Error ordersTwice(const LayoutChoice& choice) {
    return {ErrorCode::InvalidConfig,
            fmt::format("parallel.layout {} shares each document out, and parallel.token_order {} "
                        "an image; use one of them",
                        nameOf(choice.layout), nameOf(choice.order))};
}

// The documents of `tokens` tokens; what is behind the last one is padding.
std::vector<std::int64_t> withPadding(std::vector<std::int64_t> documents, std::int64_t tokens) {
    if (documents.empty()) return {0, tokens};
    if (documents.back() < tokens) documents.push_back(tokens);
    return documents;
}

void addSpan(Spans& spans, const TokenSpan& span) {
    if (span.size() == 0) return;
    if (!spans.empty() && spans.back().end == span.begin)
        spans.back().end = span.end;
    else
        spans.push_back(span);
}

ShardLayout layoutOf(std::vector<Spans> spans) {
    const auto ranks = static_cast<int>(spans.size());
    const auto all = std::make_shared<const std::vector<Spans>>(std::move(spans));
    return {ranks, [all](int rank) { return all->at(static_cast<std::size_t>(rank)); }};
}

Result<ImageSize> imageOf(const LayoutChoice& choice) {
    if (choice.image.empty()) return squareImage(choice.tokens);
    if (choice.image.size() != 2)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("parallel.image is two numbers, rows and columns; got {}",
                                 choice.image.size())};
    const ImageSize image{choice.image[0], choice.image[1]};
    if (image.cells() == choice.tokens) return image;
    const ImageSize square = squareImage(choice.tokens);
    return Error{
        ErrorCode::InvalidConfig,
        fmt::format("parallel.image: {} x {} are {} tokens, and a sequence has {} (train.seq_len); "
                    "use rows and columns of as many, or [] for the first {} of {} x {}",
                    image.rows, image.columns, formatCount(image.cells()),
                    formatCount(choice.tokens), formatCount(choice.tokens), square.rows,
                    square.columns)};
}

// The rank of each of `tokens` places.
std::vector<int> holdersOf(const ShardLayout& layout, std::int64_t tokens) {
    std::vector<int> holders(static_cast<std::size_t>(tokens));
    for (int rank = 0; rank < layout.ranks(); ++rank)
        for (const TokenSpan& span : layout.spansOf(rank))
            std::fill(holders.begin() + span.begin, holders.begin() + span.end, rank);
    return holders;
}

// Shares places on the curve out as `layout` does tokens. What is behind the image is padding, and
// at the curve's end.
ShardLayout alongCurve(const ShardLayout& layout, const ImageSize& image, std::int64_t tokens) {
    const std::vector<int> holders = holdersOf(layout, tokens);
    std::vector<int> ofTokens(holders.size());
    auto next = holders.begin();
    const auto give = [&](std::int64_t token) {
        if (token < tokens) ofTokens[static_cast<std::size_t>(token)] = *next++;
    };
    alongHilbert(image, give);
    for (std::int64_t token = image.cells(); token < tokens; ++token) give(token);

    std::vector<Spans> spans(static_cast<std::size_t>(layout.ranks()));
    for (std::int64_t token = 0; token < tokens; ++token)
        addSpan(spans[static_cast<std::size_t>(ofTokens[static_cast<std::size_t>(token)])],
                {token, token + 1});
    return layoutOf(std::move(spans));
}

// For each row of `queries`, how many rows of `keys` have its token or an earlier one.
std::vector<std::int64_t> seenRows(const Spans& queries, const Spans& keys) {
    std::vector<std::int64_t> seen;
    seen.reserve(static_cast<std::size_t>(tokenCount(queries)));
    auto span = keys.begin();
    std::int64_t before = 0;  // rows of earlier spans
    for (const TokenSpan& query : queries) {
        for (std::int64_t token = query.begin; token < query.end; ++token) {
            for (; span != keys.end() && span->end <= token; ++span) before += span->size();
            const bool within = span != keys.end() && span->begin <= token;
            seen.push_back(before + (within ? token - span->begin + 1 : 0));
        }
    }
    return seen;
}

// A full block as blocks of what its queries see: rows with the same keys are full, rows of which
// each sees one key more than the last end in a causal square. `seen`: of each row of queries.
void cutToSeen(const Block& block, const std::vector<std::int64_t>& seen,
               std::vector<Block>& result) {
    const auto keysEnd = [&](std::int64_t row) {
        return std::clamp(seen[static_cast<std::size_t>(row)], block.keys.begin, block.keys.end);
    };
    for (std::int64_t row = block.queries.begin, next = row; row < block.queries.end; row = next) {
        const std::int64_t end = keysEnd(row);
        for (next = row + 1; next < block.queries.end && keysEnd(next) == end;) ++next;
        if (end == block.keys.begin) continue;
        const bool grows = next == row + 1;
        while (grows && next < block.queries.end && keysEnd(next) == end + next - row) ++next;
        const bool square = next > row + 1 && grows;
        const TokenSpan full{block.keys.begin, square ? end - 1 : end};
        if (full.size() > 0) result.push_back({{row, next}, full, MaskKind::Full});
        if (square)
            result.push_back({{row, next}, {full.end, full.end + next - row}, MaskKind::Causal});
    }
}

void cutToSeen(const ShardLayout& owned, std::vector<Step>& pass) {
    for (Step& step : pass) {
        if (step.blocks.empty()) continue;
        const std::vector<std::int64_t> seen =
            seenRows(tokensOf(owned, step.queriesOf), tokensOf(owned, step.keysOf));
        std::vector<Block> blocks;
        for (const Block& block : step.blocks) cutToSeen(block, seen, blocks);
        step.blocks = std::move(blocks);
    }
}

}  // namespace

LayoutChoice layoutChoiceOf(const RunConfig& config) {
    const ParallelConfig& parallel = config.parallel;
    LayoutChoice choice{parallel.layout, parallel.tokenOrder, parallel.image, config.train.seqLen};
    if (!keepsDocumentsApart(config)) choice.documents = {0, choice.tokens};
    return choice;
}

std::int64_t sequenceParts(const Mode& mode, const AttentionShape& shape,
                           const LayoutChoice& choice) {
    const std::int64_t parts = mode.parts(shape);
    return mode.sharded && choice.layout == ShardChoice::Zigzag
               ? std::lcm(parts, std::int64_t{2} * shape.ranks)
               : parts;
}

std::int64_t paddedTokens(const Mode& mode, const AttentionShape& shape,
                          const LayoutChoice& choice) {
    const std::int64_t parts = sequenceParts(mode, shape, choice);
    return (shape.tokens + parts - 1) / parts * parts;
}

ShardLayout documentsLayout(const std::vector<std::int64_t>& documents, int ranks) {
    std::vector<Spans> spans(static_cast<std::size_t>(ranks));
    const std::int64_t chunks = 2LL * ranks;
    int next = 0;  // the rank that gets the next token that does not divide
    for (std::size_t document = 0; document + 1 < documents.size(); ++document) {
        const std::int64_t size = documents[document + 1] - documents[document];
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(chunks), size / chunks);
        for (std::int64_t extra = 0; extra < size % chunks; ++extra) {
            const std::int64_t chunk = extra < ranks ? next : chunks - 1 - next;
            ++sizes[static_cast<std::size_t>(chunk)];
            next = (next + 1) % ranks;
        }
        std::int64_t token = documents[document];
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
            const std::int64_t rank = std::min(chunk, chunks - 1 - chunk);
            const std::int64_t end = token + sizes[static_cast<std::size_t>(chunk)];
            addSpan(spans[static_cast<std::size_t>(rank)], {token, end});
            token = end;
        }
    }
    return layoutOf(std::move(spans));
}

Result<std::optional<ChosenLayout>> chosenLayout(const Mode& mode, const AttentionShape& shape,
                                                 const LayoutChoice& choice) {
    if (choice.isModes() || !mode.sharded) return std::optional<ChosenLayout>();
    RINGSCOPE_TRY(const Schedule own, mode.schedule(shape));
    if (choice.layout == ShardChoice::Documents) {
        if (choice.order != TokenOrder::Sequence) return ordersTwice(choice);
        if (!takesAnyTokens(own.executor))
            return needsOrder(mode, shape, "parallel.layout", choice.layout, ShardChoice::Auto);
        if (choice.documents.empty() && own.executor == Executor::Ring &&
            choosesKeys(shape.pattern.get()))
            return choosesBeforeBatches(shape);
        return std::optional(
            ChosenLayout{documentsLayout(withPadding(choice.documents, shape.tokens), shape.ranks),
                         choice.documents.empty()});
    }
    const SequenceShape sequence{.worldSize = shape.ranks, .tokens = shape.tokens};
    ShardLayout layout = own.owned;
    if (choice.layout != ShardChoice::Auto) {
        RINGSCOPE_TRY(layout, choice.layout == ShardChoice::Zigzag ? zigzagLayout(sequence)
                                                                   : contiguousLayout(sequence));
    }
    const bool isOwn = layout == own.owned;
    if (!isOwn && !takesLayouts(own.executor))
        return hasOwnLayout(mode, shape, own.executor, choice.layout);
    if (choice.order != TokenOrder::Sequence) {
        if (!takesAnyTokens(own.executor))
            return needsOrder(mode, shape, "parallel.token_order", choice.order,
                              TokenOrder::Sequence);
        RINGSCOPE_TRY(const ImageSize image, imageOf(choice));
        return std::optional(ChosenLayout{alongCurve(layout, image, shape.tokens)});
    }
    return isOwn ? std::nullopt : std::optional(ChosenLayout{std::move(layout)});
}

// Without a causal mask a mode's blocks are all rows by all rows, and keys go everywhere.
Result<Schedule> scheduleOver(const Mode& mode, const AttentionShape& shape,
                              const std::optional<ChosenLayout>& layout) {
    if (!layout) return mode.schedule(shape);
    AttentionShape everywhere = shape;
    everywhere.causal = false;
    RINGSCOPE_TRY(Schedule schedule, mode.schedule(everywhere));
    schedule.owned = layout->shards;
    if (layout->changes) schedule.places.clear();
    if (!shape.causal) return schedule;
    schedule.makeSteps = [all = std::move(schedule.makeSteps)](const Schedule& whole, int rank) {
        RankSchedule steps = all(whole, rank);
        cutToSeen(whole.owned, steps.forward);
        cutToSeen(whole.owned, steps.backward);
        return steps;
    };
    if (schedule.seenRows && !layout->changes) return masked(std::move(schedule), {});
    return schedule;
}

Schedule scheduleOfDocuments(Schedule schedule, std::vector<std::int64_t> documents,
                             std::int64_t tokens) {
    schedule.owned = documentsLayout(withPadding(std::move(documents), tokens), schedule.ranks);
    return schedule;
}

std::int64_t shardsRead(const Schedule& schedule) {
    std::int64_t read = 0;
    for (const RankSet& place : schedule.places)
        for (const Step& step : schedule.makeSteps(schedule, place.first).forward)
            read += !step.blocks.empty() && step.keysOf != step.queriesOf ? 1 : 0;
    return read;
}

}  // namespace ringscope
