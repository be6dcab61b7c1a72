// A moment of a rank's memory in words: what a hover card, a screen reader and the mark of the peak
// say.
#pragma once

#include "ui/timeline/opened_trace.h"
#include "ui/timeline/span_words.h"

#include <QString>
#include <QStringList>

namespace ringscope::ui {

QString bytesText(std::int64_t bytes);
QString memoryCategoryText(MemoryCategory category);
QString segmentsText();  // "taken from the GPU's driver"

// How much, of what, and the largest pieces that were live then.
SpanWords memoryWords(const OpenedTrace& trace, std::size_t row, std::size_t moment);

// Of the most that was held within a stretch on any rank: "memory at most 1.90 GiB, on rank 2 at
// 41.2 ms". Empty where none was recorded.
QString mostMemoryText(const OpenedTrace& trace, const Interval& stretch);

// What there is room for at the peak, the longest first: "peak 1.90 GiB at 41.2 ms", "1.90 GiB".
QStringList peakLabels(const OpenedTrace& trace, std::size_t row);

}  // namespace ringscope::ui
