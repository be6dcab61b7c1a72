// A span in words: what a hover card, a screen reader and the label inside it say.
#pragma once

#include "ui/timeline/opened_trace.h"

#include <QString>
#include <QStringList>

namespace ringscope::ui {

struct SpanWords {
    QString title;
    QStringList lines;
    QString plain() const { return (QStringList(title) + lines).join(QStringLiteral("\n")); }
};

// "3.21 ms", "840 µs": as long as a card has room for.
QString timeText(std::int64_t ns);
// "clocks: too far apart: they agree within …; wait and transfer are not told apart"
QString clockText(const ClockVerdict& clock);

// The span of a piece; of a message lane's piece also the other messages then under way.
SpanWords wordsOf(const OpenedTrace& trace, std::size_t row, const Piece& piece);

// What there is room for inside a span, the longest first: "forward L0 s2", "L0 s2", "s2".
QStringList labelsOf(const OpenedTrace& trace, std::size_t row, std::uint32_t index);

}  // namespace ringscope::ui
