#include "backend/trace/chrome/foreign_rank.h"

#include "backend/core/units.h"
#include "backend/trace/span_order.h"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <iterator>

namespace ringscope {
namespace {

// The step a moment is in, -1 outside of all.
int stepAt(const std::vector<Span>& steps, std::int64_t moment) {
    const auto later = std::ranges::upper_bound(steps, moment, {}, &Span::begin);
    if (later == steps.begin()) return -1;
    const Span& step = *std::prev(later);
    return moment < step.end() ? step.step() : -1;
}

std::uint32_t asNumber(std::int64_t value) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

}  // namespace

KernelMeaning ForeignRank::meaningOf(std::uint32_t name) {
    if (meanings_.size() <= name) meanings_.resize(name + 1);
    if (!meanings_[name]) meanings_[name] = rules_->meaningOf(names_.names()[name]);
    return *meanings_[name];
}

void ForeignRank::addHost(const Span& span, std::uint32_t name) {
    host_.push_back(span);
    hostNames_.push_back(name);
}

void ForeignRank::addGpu(const GpuPlace& place, const Span& span, std::uint32_t name,
                         std::int64_t correlation) {
    if (lastStream_ == nullptr || place != lastPlace_) {
        lastStream_ = &gpu_[place];
        lastPlace_ = place;
    }
    lastStream_->spans.push_back(span);
    lastStream_->names.push_back(name);
    lastStream_->correlations.push_back(correlation);
}

void ForeignRank::addTransfer(const GpuPlace& place, const Span& span, std::uint32_t name,
                              std::int64_t correlation, std::int64_t externalId,
                              CollectiveNote note) {
    notes_.push_back(std::move(note));
    asked_.push_back({correlation, externalId});
    SpanTag tag = span.tag();
    tag.message = static_cast<std::uint32_t>(notes_.size());
    addGpu(place, Span(span.begin(), span.end(), tag), name, correlation);
}

void ForeignRank::launch(std::int64_t correlation, std::int64_t at, std::uint32_t thread) {
    launches_.push_back({correlation, at, thread});
}

const ForeignRank::Launch* ForeignRank::launchOf(std::int64_t correlation) const {
    if (correlation == 0) return nullptr;
    const auto found = std::ranges::lower_bound(launches_, correlation, {}, &Launch::correlation);
    return found != launches_.end() && found->correlation == correlation ? &*found : nullptr;
}

// Before times are moved.
void ForeignRank::describeTransfers() {
    if (notes_.empty()) return;
    calls_.sort();
    std::vector<bool> known(notes_.size(), false);
    for (std::size_t i = 0; i < notes_.size(); ++i) {
        const Asked& asked = asked_[i];
        const Launch* launch = launchOf(asked.correlation);
        known[i] = launch != nullptr;
        std::optional<CollectiveNote> note;
        if (launch != nullptr) note = calls_.around(launch->thread, launch->at);
        // Older versions write the correlation as the operation's number.
        if (!note && asked.externalId != 0 && asked.externalId != asked.correlation)
            note = calls_.ofOperation(asked.externalId);
        if (!note) continue;
        known[i] = true;
        notes_[i].complete(*note);
    }
    if (const std::size_t count = describeByOrder(known); count > 0)
        remarks_.push_back(fmt::format(
            "what {} communication {} is known only by the order of the host's calls: the trace "
            "does not say which call launched which kernel",
            formatCount(static_cast<std::int64_t>(count)),
            count == 1 ? "kernel does" : "kernels do"));
    for (auto& [place, stream] : gpu_)
        for (Span& span : stream.spans) {
            if (span.kind() != SpanKind::Transfer || span.message() == 0) continue;
            SpanTag tag = span.tag();
            notes_[tag.message - 1].applyTo(tag);
            span = Span(span.begin(), span.end(), tag);
        }
}

std::size_t ForeignRank::describeByOrder(const std::vector<bool>& known) {
    if (calls_.empty() || std::ranges::all_of(known, std::identity{})) return 0;
    std::vector<std::vector<Operation>> operations;
    std::vector<std::vector<std::size_t>> indices;
    for (const auto& [place, stream] : gpu_) {
        std::vector<const Span*> spans;
        for (const Span& span : stream.spans)
            if (span.kind() == SpanKind::Transfer && span.message() != 0 &&
                !known[span.message() - 1])
                spans.push_back(&span);
        std::ranges::stable_sort(spans, {}, [](const Span* span) { return span->begin(); });
        operations.emplace_back();
        indices.emplace_back();
        for (const Span* span : spans) {
            const std::size_t i = span->message() - 1;
            indices.back().push_back(i);
            operations.back().push_back(notes_[i].operation != Operation::None ? notes_[i].operation
                                                                               : span->operation());
        }
    }
    std::size_t count = 0;
    const std::vector<std::vector<CollectiveNote>> paired =
        notesByOrder(operations, calls_.unclaimed());
    for (std::size_t s = 0; s < paired.size(); ++s)
        for (std::size_t i = 0; i < paired[s].size(); ++i) {
            notes_[indices[s][i]].complete(paired[s][i]);
            ++count;
        }
    return count;
}

void ForeignRank::skip(std::string_view what, std::uint64_t count) {
    const auto known = skipped_.find(what);
    if (known != skipped_.end()) {
        known->second += count;
    } else {
        skipped_.emplace(what, count);
    }
}

std::vector<Span> ForeignRank::stepsInOrder() const {
    std::vector<Span> steps;
    std::ranges::copy_if(host_, std::back_inserter(steps),
                         [](const Span& span) { return span.kind() == SpanKind::Step; });
    std::ranges::sort(steps, {}, &Span::begin);
    return steps;
}

// A base may carry a time out of what a span can hold.
void ForeignRank::dropImpossible() {
    const auto drop = [this](std::vector<Span>& spans, auto&... columns) {
        if (std::ranges::all_of(spans, &Span::wellFormed)) return;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            if (!spans[i].wellFormed()) continue;
            spans[kept] = spans[i];
            ((columns[kept] = columns[i]), ...);
            ++kept;
        }
        skip("without usable times", spans.size() - kept);
        spans.resize(kept);
        (columns.resize(kept), ...);
    };
    drop(host_, hostNames_);
    for (auto& [place, stream] : gpu_) drop(stream.spans, stream.names, stream.correlations);
}

GpuStream ForeignRank::finished(const GpuPlace& place, Stream stream,
                                const std::vector<Span>& steps) {
    GpuStream made{.device = asNumber(place.device),
                   .context = asNumber(place.context),
                   .stream = asNumber(place.stream),
                   .spans = std::move(stream.spans),
                   .names = std::move(stream.names),
                   .launched = std::move(stream.correlations)};
    sortByBegin(made.spans, made.names, made.launched);
    for (std::size_t i = 0; i < made.spans.size(); ++i) {
        std::int64_t& launched = made.launched[i];
        const Launch* launch = launchOf(launched);
        launched = launch != nullptr ? launch->at : 0;
        if (steps.empty()) continue;
        const Span& span = made.spans[i];
        const int step = stepAt(steps, launch != nullptr ? launched : span.begin());
        if (step < 0) continue;
        SpanTag tag = span.tag();
        tag.step = step;
        made.spans[i] = Span(span.begin(), span.end(), tag);
    }
    return made;
}

RankTrace ForeignRank::finish(std::int64_t base) {
    if (!std::ranges::is_sorted(launches_, {}, &Launch::correlation))
        std::ranges::stable_sort(launches_, {}, &Launch::correlation);
    describeTransfers();
    if (base != 0) {
        const auto move = [base](std::vector<Span>& spans) {
            for (Span& span : spans) span = span.shifted(base);
        };
        move(host_);
        for (auto& [place, stream] : gpu_) move(stream.spans);
        for (Launch& launch : launches_) launch.at += base;
    }

    dropImpossible();

    RankTrace rank;
    const std::vector<Span> steps = stepsInOrder();
    for (auto& [place, stream] : gpu_)
        rank.gpu.push_back(finished(place, std::move(stream), steps));
    rank.spans = std::move(host_);
    rank.spanNames = std::move(hostNames_);
    sortByBegin(rank.spans, rank.spanNames);
    rank.names = names_.take();
    rank.complete = true;
    rank.notes = std::move(remarks_);
    if (!skipped_.empty()) {
        std::vector<std::pair<std::string, std::uint64_t>> listed(skipped_.begin(), skipped_.end());
        std::ranges::sort(listed, [](const auto& a, const auto& b) {
            return std::pair(b.second, a.first) < std::pair(a.second, b.first);
        });
        std::string text;
        for (const auto& [what, count] : listed)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                                formatCount(static_cast<std::int64_t>(count)), what);
        rank.notes.push_back("events that are in no figure: " + text);
    }
    return rank;
}

}  // namespace ringscope
