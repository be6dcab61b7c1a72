#include "ui/timeline/memory_words.h"

#include "backend/core/units.h"
#include "ui/timeline/memory_columns.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope::ui {
namespace {

constexpr std::size_t largestNamed = 5;
constexpr int partsInLine = 3;

struct MemorySentences {
    Q_DECLARE_TR_FUNCTIONS(MemorySentences)
};

QString sinceBegin(const OpenedTrace& trace, TraceTime time) {
    return timeText(std::llround(std::max(0.0, trace.inView(time).ns)));
}

// "20.0 MiB activations of step 3, layer 1"
QString pieceText(const Allocation& piece) {
    QString words = MemorySentences::tr("%1 %2").arg(bytesText(piece.bytes),
                                                     memoryCategoryText(piece.category));
    if (piece.layer >= 0)
        words += MemorySentences::tr(" of step %1, layer %2").arg(piece.step).arg(piece.layer);
    return words;
}

// "activations 1.20 GiB · workspace 300 MiB", the largest first, a few in a line.
QStringList partLines(const BytesByCategory& held) {
    std::vector<std::pair<std::int64_t, MemoryCategory>> parts;
    for (std::size_t c = 0; c < held.size(); ++c)
        if (held[c] > 0) parts.emplace_back(held[c], static_cast<MemoryCategory>(c));
    std::ranges::stable_sort(parts, [](const auto& a, const auto& b) { return a.first > b.first; });
    QStringList lines;
    QStringList line;
    for (const auto& [bytes, category] : parts) {
        line << MemorySentences::tr("%1 %2").arg(memoryCategoryText(category), bytesText(bytes));
        if (line.size() < partsInLine) continue;
        lines << line.join(QStringLiteral(" · "));
        line.clear();
    }
    if (!line.empty()) lines << line.join(QStringLiteral(" · "));
    return lines;
}

}  // namespace

QString bytesText(std::int64_t bytes) { return text(formatBytes({bytes})); }

QString memoryCategoryText(MemoryCategory category) { return text(memoryCategoryName(category)); }

QString segmentsText() { return MemorySentences::tr("taken from the GPU's driver"); }

SpanWords memoryWords(const OpenedTrace& trace, std::size_t row, std::size_t moment) {
    const MemoryTrack& track = trace.rows[row].memory;
    const BytesByCategory held = track.heldAt(moment);
    const std::int64_t time = track.timeOf(moment);
    const QString title = moment == track.peak()
                              ? MemorySentences::tr("Memory peak of rank %1: %2 at %3")
                              : MemorySentences::tr("Memory of rank %1: %2 at %3");
    SpanWords words{
        title.arg(trace.rows[row].rank).arg(bytesText(totalOf(held)), sinceBegin(trace, {time})),
        partLines(held)};
    const auto at = static_cast<double>(time);
    const MemoryTrack& segments = trace.rows[row].segments;
    if (const std::optional<std::size_t> taken = mostBetween(segments, {at, at + 1}))
        words.lines << MemorySentences::tr("%1: %2").arg(
            segmentsText(), bytesText(totalOf(segments.heldAt(*taken))));
    const std::vector<Allocation> largest = track.largestAt(time, largestNamed);
    if (largest.empty()) return words;
    words.lines << MemorySentences::tr("largest:");
    for (const Allocation& piece : largest) words.lines << pieceText(piece);
    return words;
}

QString mostMemoryText(const OpenedTrace& trace, const Interval& stretch) {
    std::int64_t most = -1;
    QString words;
    for (const RankRow& row : trace.rows) {
        const std::optional<std::size_t> moment = mostBetween(
            row.memory, {static_cast<double>(stretch.begin),
                         static_cast<double>(std::max(stretch.end, stretch.begin + 1))});
        if (!moment) continue;
        const std::int64_t total = totalOf(row.memory.heldAt(*moment));
        if (total <= most) continue;
        most = total;
        const std::int64_t since = std::max(row.memory.timeOf(*moment), stretch.begin);
        words = MemorySentences::tr("memory at most %1, on rank %2 at %3")
                    .arg(bytesText(total))
                    .arg(row.rank)
                    .arg(sinceBegin(trace, {since}));
    }
    return words;
}

QStringList peakLabels(const OpenedTrace& trace, std::size_t row) {
    const MemoryTrack& track = trace.rows[row].memory;
    const QString bytes = bytesText(totalOf(track.heldAt(track.peak())));
    return {MemorySentences::tr("peak %1 at %2")
                .arg(bytes, sinceBegin(trace, {track.timeOf(track.peak())})),
            bytes};
}

}  // namespace ringscope::ui
