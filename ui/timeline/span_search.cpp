#include "ui/timeline/span_search.h"

#include "ui/widgets/parts.h"

#include <QStringList>
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace ringscope::ui {
namespace {

struct Wanted {
    std::optional<int> rank;
    std::optional<int> layer;
    std::optional<int> step;
    std::optional<int> ringStep;
    QStringList words;
};

// "rank 1", "rank=1" and "rank1" say the same.
Wanted readWords(QString typed) {
    Wanted wanted;
    typed.replace(QLatin1Char('='), QLatin1Char(' '));
    QStringList words = typed.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    const std::pair<QString, std::optional<int>*> numbers[] = {
        {QStringLiteral("rank"), &wanted.rank},
        {QStringLiteral("layer"), &wanted.layer},
        {QStringLiteral("step"), &wanted.step}};
    const auto numberOf = [&](const QString& name, qsizetype& at) -> std::optional<int> {
        bool isNumber = false;
        if (words[at] == name && at + 1 < words.size()) {
            const int value = words[at + 1].toInt(&isNumber);
            if (isNumber) return ++at, value;
        }
        if (!words[at].startsWith(name)) return std::nullopt;
        const int value = words[at].mid(name.size()).toInt(&isNumber);
        return isNumber ? std::optional(value) : std::nullopt;
    };
    for (qsizetype at = 0; at < words.size(); ++at) {
        bool taken = false;
        for (const auto& [name, place] : numbers) {
            const bool ring =
                at > 0 && words[at - 1] == QLatin1String("ring") && name == numbers[2].first;
            if (const std::optional<int> number = numberOf(name, at)) {
                if (ring) wanted.words.removeLast();
                (ring ? wanted.ringStep : *place) = number;
                taken = true;
                break;
            }
        }
        if (!taken) wanted.words << words[at];
    }
    return wanted;
}

// What a span is called, but for its numbers: few different ones, so each is looked at once.
class Names {
public:
    explicit Names(QStringList words) : words_(std::move(words)) {}

    bool fit(const RankTrace& rank, std::uint32_t index) {
        const Span& span = rank.spans[index];
        const bool named = index < rank.spanNames.size();
        const int peer = span.kind() == SpanKind::Transfer ? span.peer() : -1;
        const auto key = std::tuple(&rank, named ? int(rank.spanNames[index]) : -1, span.kind(),
                                    span.operation(), span.pass(), peer);
        const auto [known, fresh] = known_.try_emplace(key, false);
        if (!fresh) return known->second;
        QStringList said{text(spanKindName(span.kind())), text(operationName(span.operation())),
                         text(spanPassName(span.pass()))};
        if (peer >= 0) said << QStringLiteral("to from rank %1").arg(peer);
        if (named && rank.spanNames[index] < rank.names.size())
            said << text(rank.names[rank.spanNames[index]]);
        const QString all = said.join(QLatin1Char(' ')).toLower();
        known->second =
            std::ranges::all_of(words_, [&](const QString& word) { return all.contains(word); });
        return known->second;
    }

private:
    QStringList words_;
    std::map<std::tuple<const RankTrace*, int, SpanKind, Operation, SpanPass, int>, bool> known_;
};

}  // namespace

std::vector<FoundSpan> findSpans(const OpenedTrace& trace, const QString& words, std::size_t most) {
    const Wanted wanted = readWords(words);
    std::vector<FoundSpan> found;
    if (words.trimmed().isEmpty()) return found;
    Names names(wanted.words);
    const auto is = [](const std::optional<int>& number, int value) {
        return !number || *number == value;
    };
    for (std::size_t row = 0; row < trace.trace.ranks.size(); ++row) {
        const RankTrace& rank = trace.trace.ranks[row];
        if (!is(wanted.rank, rank.origin.rank)) continue;
        for (std::uint32_t i = 0; i < rank.spans.size() && found.size() < most; ++i) {
            const Span& span = rank.spans[i];
            if (span.kind() != SpanKind::Step && is(wanted.layer, span.layer()) &&
                is(wanted.step, span.step()) && is(wanted.ringStep, span.ringStep()) &&
                names.fit(rank, i))
                found.push_back({row, i});
        }
    }
    std::ranges::stable_sort(
        found, {}, [&](const FoundSpan& one) { return trace.span(one.row, one.span).begin(); });
    return found;
}

}  // namespace ringscope::ui
