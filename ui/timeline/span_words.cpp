#include "ui/timeline/span_words.h"

#include "backend/core/units.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>

namespace ringscope::ui {
namespace {

struct SpanSentences {
    Q_DECLARE_TR_FUNCTIONS(SpanSentences)
};

const QString dot = QStringLiteral(" · ");

// What another tool's trace calls a span; empty in ours.
QString foreignName(const OpenedTrace& trace, std::size_t row, std::uint32_t index) {
    const RankTrace& rank = trace.trace.ranks[row];
    if (index >= rank.spanNames.size() || rank.spanNames[index] >= rank.names.size()) return {};
    return text(rank.names[rank.spanNames[index]]);
}

// "void at::native::vectorized_kernel<4, ...>(int)" -> "vectorized_kernel"
QString withoutDetails(const QString& kernel) {
    const qsizetype end = kernel.indexOf(QRegularExpression(QStringLiteral("[<(]")), 1);
    const QString head = kernel.left(end);
    return head.mid(
        std::max(head.lastIndexOf(QLatin1Char(' ')), head.lastIndexOf(QLatin1Char(':'))) + 1);
}

QString titleOf(const Span& span) {
    switch (span.operation()) {
        case Operation::Send:
            return SpanSentences::tr("Send to rank %1").arg(span.peer());
        case Operation::Receive:
            return SpanSentences::tr("Receive from rank %1").arg(span.peer());
        default:
            break;
    }
    QString name = text(operationName(span.operation()));
    if (span.operation() == Operation::None) name = text(spanKindName(span.kind()));
    if (span.kind() == SpanKind::Attention) name = SpanSentences::tr("attention %1").arg(name);
    if (span.kind() == SpanKind::Transfer) name = SpanSentences::tr("%1 over all ranks").arg(name);
    return name.left(1).toUpper() + name.mid(1);
}

QString placeOf(const OpenedTrace& trace, std::size_t row, const Span& span) {
    QStringList parts{text(trace.trace.ranks[row].origin.mode)};
    if (span.pass() != SpanPass::None) parts << text(spanPassName(span.pass()));
    if (span.layer() >= 0) parts << SpanSentences::tr("layer %1").arg(span.layer());
    if (span.ringStep() >= 0) parts << SpanSentences::tr("ring step %1").arg(span.ringStep());
    parts << SpanSentences::tr("step %1").arg(span.step());
    parts.removeAll(QString());
    return parts.join(dot);
}

// Of a message: how long it moved and how fast, and who was waited for before.
QStringList messageLines(const OpenedTrace& trace, std::size_t row, std::uint32_t index) {
    const Span& span = trace.span(row, index);
    const MessageMeeting& meeting = trace.meetings[row][index];
    const std::int64_t moving = span.end() - meeting.moving;
    const std::int64_t waited = meeting.moving - span.begin();
    QStringList size{text(formatBytes({span.bytes()})), timeText(span.duration())};
    const bool splits = trace.findings.clock.splits;
    if (splits && moving > 0 && meeting.latest >= 0)
        size << SpanSentences::tr("%1 GB/s while it moved")
                    .arg(text(formatSignificant(double(span.bytes()) / double(moving))));
    QStringList lines{size.join(dot)};
    if (meeting.latest < 0)
        lines << SpanSentences::tr("its other end is not in the trace");
    else if (!splits)
        lines << SpanSentences::tr("wait and transfer are not told apart");
    else if (meeting.latest == trace.trace.ranks[row].origin.rank)
        lines << SpanSentences::tr("this rank came last and was waited for");
    else
        lines << SpanSentences::tr("waited %1 of it for rank %2")
                     .arg(timeText(waited))
                     .arg(meeting.latest);
    const Shares exposed = trace.rows[row].exposed.within(span.begin(), span.end());
    const std::int64_t bare = exposed[static_cast<std::size_t>(Tint::Exposed)];
    lines << (bare > 0 ? SpanSentences::tr("exposed %1: nothing was computed meanwhile")
                             .arg(timeText(bare))
                       : SpanSentences::tr("hidden behind computation"));
    return lines;
}

}  // namespace

QString timeText(std::int64_t ns) {
    if (ns >= 1'000'000) return text(formatDuration(Nanos(ns)));
    if (ns >= 1'000) return QStringLiteral("%1 µs").arg(text(formatSignificant(double(ns) / 1e3)));
    return QStringLiteral("%1 ns").arg(ns);
}

QString clockText(const ClockVerdict& clock) {
    return SpanSentences::tr("clocks: %1").arg(text(clock.sentence));
}

SpanWords wordsOf(const OpenedTrace& trace, std::size_t row, const Piece& piece) {
    const Span& span = trace.span(row, piece.span);
    const QString foreign = foreignName(trace, row, piece.span);
    SpanWords words{foreign.isEmpty() ? titleOf(span) : foreign, {placeOf(trace, row, span)}};
    if (span.kind() != SpanKind::Transfer) {
        words.lines << timeText(span.duration());
        return words;
    }
    words.lines << messageLines(trace, row, piece.span);
    const std::vector<std::uint32_t> all =
        trace.transfersAt(row, {piece.begin + (piece.end - piece.begin) / 2});
    constexpr int mostNamed = 3;
    int others = 0;
    for (std::uint32_t other : all) {
        if (other == piece.span) continue;
        if (++others > mostNamed) continue;
        const Span& message = trace.span(row, other);
        words.lines << SpanSentences::tr("meanwhile: %1, %2")
                           .arg(titleOf(message).toLower(), timeText(message.duration()));
    }
    if (others > mostNamed) words.lines << SpanSentences::tr("and %1 more").arg(others - mostNamed);
    return words;
}

QStringList labelsOf(const OpenedTrace& trace, std::size_t row, std::uint32_t index) {
    const Span& span = trace.span(row, index);
    const QString foreign = foreignName(trace, row, index);
    if (!foreign.isEmpty()) {
        const QString brief = withoutDetails(foreign);
        return {foreign, brief, brief.left(8) + QChar(0x2026)};
    }
    QStringList place;
    if (span.layer() >= 0) place << QStringLiteral("L%1").arg(span.layer());
    if (span.ringStep() >= 0) place << QStringLiteral("s%1").arg(span.ringStep());
    const QString where = place.join(QLatin1Char(' '));
    QString what = text(operationName(span.operation()));
    if (span.kind() == SpanKind::Attention) what = text(spanPassName(span.pass()));
    if (span.operation() == Operation::Send) what = QStringLiteral("→ %1").arg(span.peer());
    if (span.operation() == Operation::Receive) what = QStringLiteral("← %1").arg(span.peer());
    QStringList labels;
    if (!where.isEmpty()) labels << what + QLatin1Char(' ') + where;
    if (span.kind() == SpanKind::Attention && !where.isEmpty())
        labels << where;
    else
        labels << what;
    if (place.size() > 1 && span.kind() == SpanKind::Attention) labels << place.back();
    return labels;
}

}  // namespace ringscope::ui
