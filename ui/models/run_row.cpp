#include "ui/models/run_row.h"

#include "backend/core/text.h"
#include "backend/run/run_history.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <algorithm>

namespace ringscope::ui {
namespace {

QString translated(const char* words) { return QCoreApplication::translate("RunRow", words); }

ParityWord parityWord(const RunRecord& run) {
    if (run.reference) return ParityWord::Reference;
    switch (parityVerdict(run)) {
        case ParityVerdict::Same:
            return ParityWord::Same;
        case ParityVerdict::AnotherModel:
            return ParityWord::Another;
        case ParityVerdict::Different:
            return ParityWord::Different;
        case ParityVerdict::Unknown:
            return ParityWord::None;
    }
    return ParityWord::None;
}

}  // namespace

RunRow runRow(const RunRecord& run) {
    RunRow row{.id = run.id,
               .name = text(run.name),
               .mode = text(run.config.parallel.mode),
               .experiment = text(run.experiment),
               .experimentId = text(run.experimentId),
               .host = text(join(hostsOf(run), ", ")),
               .tags = text(join(run.tags, ", ")),
               .note = text(run.note),
               .pinned = run.pinned,
               .archived = run.archivedUs != 0,
               .ranks = run.ranks,
               .seqLen = run.config.train.seqLen,
               .parity = parityWord(run),
               .status = run.status,
               .reason = text(run.statusReason),
               .createdUs = run.createdUs};
    if (const std::optional<RunSpeed> speed = runSpeed(run)) {
        row.tokensPerSecond = speed->tokensPerSecond;
        row.stepMs = speed->stepMedianMs;
    }
    if (run.overlap) {
        row.exposedMs = run.overlap->exposedMs;
        row.waitMs = run.overlap->waitMs;
        row.hiddenWaitMs = run.overlap->hiddenWaitMs;
    }
    if (const Bytes peak = peakMemory(run); peak.count > 0) row.peakBytes = peak.count;
    if (const std::optional<std::int64_t> steps = stepsInAll(run))
        row.progress = std::min(1.0, static_cast<double>(stepsDone(run)) /
                                         static_cast<double>(std::max<std::int64_t>(1, *steps)));
    return row;
}

std::vector<RunRow> runRows(const std::vector<RunRecord>& runs) {
    std::vector<RunRow> rows;
    rows.reserve(runs.size());
    for (const RunRecord& run : runs) rows.push_back(runRow(run));
    return rows;
}

QString parityText(ParityWord parity) {
    switch (parity) {
        case ParityWord::None:
            return QStringLiteral("–");
        case ParityWord::Same:
            return translated("same");
        case ParityWord::Another:
            return translated("another model");
        case ParityWord::Different:
            return translated("differs");
        case ParityWord::Reference:
            return translated("reference");
    }
    return {};
}

QString stateText(const RunRow& row) {
    const QString name = text(statusName(row.status));
    if (row.status != RunStatus::Running || !row.progress) return name;
    return QStringLiteral("%1 %2 %").arg(name).arg(static_cast<int>(*row.progress * 100));
}

QString shortStarted(std::int64_t us) {
    if (us <= 0) return {};
    const QDateTime moment = QDateTime::fromMSecsSinceEpoch(us / 1000);
    const bool thisYear = moment.date().year() == QDate::currentDate().year();
    return QLocale().toString(
        moment, thisYear ? QStringLiteral("d MMM HH:mm") : QStringLiteral("d MMM yyyy HH:mm"));
}

QString startedText(std::int64_t us) {
    if (us <= 0) return {};
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(us / 1000),
                              QStringLiteral("d MMM yyyy HH:mm:ss"));
}

}  // namespace ringscope::ui
