#include "backend/trace/chrome/own_export.h"

#include "backend/trace/span_order.h"
#include "backend/trace/trace_origin.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

template <typename Value, typename Name>
std::optional<Value> named(std::string_view name, int count, const Name& nameOf) {
    for (int i = 0; i < count; ++i)
        if (nameOf(static_cast<Value>(i)) == name) return static_cast<Value>(i);
    return std::nullopt;
}

std::optional<SpanTag> tagOf(const ChromeEvent& event) {
    const auto kind = named<SpanKind>(withoutQuotes(event.tag.kind), spanKindCount, spanKindName);
    const auto operation =
        named<Operation>(withoutQuotes(event.tag.operation), operationCount, operationName);
    const auto pass = named<SpanPass>(withoutQuotes(event.tag.pass), spanPassCount, spanPassName);
    if (!kind || !operation || !pass || !event.tag.step) return std::nullopt;
    const auto number = [](std::optional<std::int64_t> value, int otherwise) {
        return static_cast<std::int32_t>(
            std::clamp<std::int64_t>(value.value_or(otherwise), -1, mostSteps));
    };
    return SpanTag{.kind = *kind,
                   .operation = *operation,
                   .pass = *pass,
                   .step = number(event.tag.step, 0),
                   .layer = number(event.tag.layer, -1),
                   .ringStep = number(event.tag.ringStep, -1),
                   .peer = number(event.tag.peer, -1),
                   .bytes = std::max<std::int64_t>(0, event.bytes.value_or(0)),
                   .message = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
                       event.tag.message.value_or(0), 0, mostMessages - 1))};
}

// No time of a trace is further from any other.
constexpr std::int64_t far = std::int64_t{1} << 61;

// Times are still without the base.
std::optional<Allocation> allocationFrom(const nlohmann::json& row) {
    // Files older than the pass have six numbers.
    if (!row.is_array() || row.size() < 6 || row.size() > 7) return std::nullopt;
    const auto number = [&](std::size_t i, std::int64_t least,
                            std::int64_t most) -> std::optional<std::int64_t> {
        if (!row[i].is_number_integer()) return std::nullopt;
        const auto value = row[i].get<std::int64_t>();
        return value >= least && value <= most ? std::optional(value) : std::nullopt;
    };
    const auto begin = number(0, -far, far);
    const auto end = row[1].is_null() ? Allocation::heldToTheEnd : number(1, -far, far);
    const auto bytes = number(2, 0, std::int64_t{1} << 40);
    const auto step = number(3, 0, std::numeric_limits<std::int32_t>::max());
    const auto layer = number(4, -1, std::numeric_limits<std::int16_t>::max());
    const auto category = number(5, 0, static_cast<int>(MemoryCategory::Segments));
    const std::optional<std::int64_t> pass =
        row.size() == 6 ? std::optional<std::int64_t>(0) : number(6, 0, spanPassCount - 1);
    if (!begin || !end || !bytes || !step || !layer || !category || !pass || *begin > *end)
        return std::nullopt;
    return Allocation{.begin = *begin,
                      .end = *end,
                      .bytes = *bytes,
                      .step = static_cast<std::int32_t>(*step),
                      .layer = static_cast<std::int16_t>(*layer),
                      .pass = static_cast<SpanPass>(*pass),
                      .category = static_cast<MemoryCategory>(*category)};
}

// What a trace says of a rank besides its origin; `words` is the rank's object.
void addRemarks(RankTrace& rank, const nlohmann::json& words) {
    const auto texts = [&](const char* key, std::vector<std::string>& to) {
        if (!words.contains(key) || !words[key].is_array()) return;
        for (const nlohmann::json& text : words[key])
            if (text.is_string()) to.push_back(text.get<std::string>());
    };
    texts("notes", rank.notes);
    texts("losses", rank.losses);
    if (words.contains("dropped") && words["dropped"].is_number_unsigned())
        rank.dropped = words["dropped"].get<std::uint64_t>();
    if (!words.contains("clock") || !words["clock"].is_array()) return;
    for (const nlohmann::json& sample : words["clock"]) {
        if (!sample.is_array() || sample.size() != 2 || !sample[0].is_number_integer() ||
            !sample[1].is_number_integer())
            continue;
        const auto at = std::clamp(sample[0].get<std::int64_t>(), std::int64_t{0}, far);
        const auto error = std::clamp(sample[1].get<std::int64_t>(), std::int64_t{0}, far);
        rank.clock.push_back({.local = at, .reference = at, .error = error});
    }
}

}  // namespace

bool OwnExport::take(const ChromeEvent& event) {
    if (!marked_) {
        marked_ = event.phase == 'M' && withoutQuotes(event.name) == ownExportMark;
        return marked_;
    }
    if (event.phase == 'M' && withoutQuotes(event.name) == allocationsMark) {
        takeAllocations(event);
        return true;
    }
    // Arrows and the curve of memory are worked out again.
    if (std::string_view("MsfC").find(event.phase) != std::string_view::npos) return true;
    if (event.phase == 'e') {
        const auto opened = open_.find(event.id);
        if (opened == open_.end() || !event.begin || *event.begin < opened->second.begin) {
            ++broken_;
            return true;
        }
        add(opened->second, *event.begin);
        open_.erase(opened);
        return true;
    }
    const std::optional<SpanTag> tag = tagOf(event);
    const std::optional<std::int64_t> rank = integerFrom(event.pid);
    const bool whole =
        tag && rank && *rank >= 0 && *rank < mostRanks && event.begin &&
        (event.phase == 'b' || (event.phase == 'X' && event.duration && *event.duration >= 0));
    if (!whole) {
        ++broken_;
        return true;
    }
    Opened opened{.rank = static_cast<int>(*rank),
                  .stream = std::nullopt,
                  .begin = *event.begin,
                  .launched = event.tag.launched.value_or(0),
                  .tag = *tag};
    if (event.stream)
        opened.stream = Stream{event.device.value_or(0), event.context.value_or(0), *event.stream};
    if (event.phase == 'b') {
        open_.insert_or_assign(std::string(event.id), opened);
    } else {
        add(opened, *event.begin + *event.duration);
    }
    return true;
}

void OwnExport::takeAllocations(const ChromeEvent& event) {
    const std::optional<std::int64_t> rank = integerFrom(event.pid);
    const nlohmann::json rows = nlohmann::json::parse(event.allocations, nullptr, false);
    if (!rank || *rank < 0 || *rank >= mostRanks || !rows.is_array()) {
        ++broken_;
        return;
    }
    std::vector<Allocation>& allocations = ranks_[static_cast<int>(*rank)].allocations;
    for (const nlohmann::json& row : rows) {
        if (const std::optional<Allocation> allocation = allocationFrom(row))
            allocations.push_back(*allocation);
        else
            ++broken_;
    }
}

void OwnExport::add(const Opened& opened, std::int64_t end) {
    Rank& rank = ranks_[opened.rank];
    if (!opened.stream) {
        rank.host.emplace_back(opened.begin, end, opened.tag);
        return;
    }
    Columns& columns = rank.gpu[*opened.stream];
    columns.spans.emplace_back(opened.begin, end, opened.tag);
    columns.launched.push_back(opened.launched);
}

RankTrace OwnExport::finished(int number, Rank parts, std::int64_t base) {
    const auto settle = [&](std::vector<Span>& spans) {
        for (Span& span : spans) span = span.shifted(base);
        const auto broken =
            std::ranges::count_if(spans, [](const Span& span) { return !span.wellFormed(); });
        broken_ += static_cast<std::uint64_t>(broken);
        if (broken > 0) spans.clear();
    };
    RankTrace rank;
    rank.origin.rank = number;
    rank.origin.world = static_cast<int>(ranks_.size());
    settle(parts.host);
    sortByBegin(parts.host);
    rank.spans = std::move(parts.host);
    if (base < -far || base > far) {
        broken_ += parts.allocations.size();
        parts.allocations.clear();
    }
    for (Allocation& allocation : parts.allocations) {
        allocation.begin += base;
        if (allocation.end != Allocation::heldToTheEnd) allocation.end += base;
    }
    rank.allocations = std::move(parts.allocations);
    for (auto& [place, columns] : parts.gpu) {
        settle(columns.spans);
        const bool launched = !columns.spans.empty() &&
                              std::ranges::any_of(columns.launched, [](auto at) { return at > 0; });
        for (std::int64_t& at : columns.launched)
            if (at > 0) at += base;
        if (!launched) columns.launched.clear();
        sortByBegin(columns.spans, columns.launched);
        rank.gpu.push_back({static_cast<std::uint32_t>(std::get<0>(place)),
                            static_cast<std::uint32_t>(std::get<1>(place)),
                            static_cast<std::uint32_t>(std::get<2>(place)),
                            std::move(columns.spans),
                            {},
                            std::move(columns.launched)});
    }
    rank.complete = true;
    return rank;
}

std::vector<RankTrace> OwnExport::finish(std::int64_t base, const nlohmann::json& around) {
    std::vector<RankTrace> ranks;
    if (!marked_) return ranks;
    struct Described {
        TraceOrigin origin;
        nlohmann::json words;
    };
    std::map<int, Described> origins;
    const nlohmann::json words =
        around.is_object() && around.contains("ringscope") ? around["ringscope"] : nlohmann::json();
    if (words.is_object() && words.contains("ranks") && words["ranks"].is_array())
        for (const nlohmann::json& each : words["ranks"])
            if (auto origin = traceOriginFrom(each); origin && origin->rank < mostRanks)
                origins.emplace(origin->rank, Described{std::move(*origin), each});
    for (const auto& [number, described] : origins) ranks_[number];
    for (auto& [number, parts] : ranks_) {
        ranks.push_back(finished(number, std::move(parts), base));
        if (const auto described = origins.find(number); described != origins.end()) {
            ranks.back().origin = described->second.origin;
            addRemarks(ranks.back(), described->second.words);
        }
    }
    broken_ += open_.size();
    if (broken_ > 0 && !ranks.empty())
        ranks.front().losses.push_back(
            fmt::format("{} events of the export cannot be read", broken_));
    return ranks;
}

}  // namespace ringscope
