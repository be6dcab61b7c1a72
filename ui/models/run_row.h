// One run as the table shows it: plain values, ready to sort by.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/run/run_record.h"

#include <QString>
#include <optional>
#include <vector>

namespace ringscope::ui {

enum class ParityWord { None, Same, Another, Different, Reference };

struct RunRow {
    RunId id;
    QString name;
    QString mode;
    QString experiment;    // its name
    QString experimentId;  // one for all runs started together
    QString host;          // of its ranks
    QString tags;
    QString note;
    bool pinned = false;
    bool archived = false;
    std::int64_t ranks = 1;
    std::int64_t seqLen = 0;
    std::optional<double> tokensPerSecond{};
    std::optional<double> stepMs{};
    std::optional<double> exposedMs{};  // these three where steps were recorded
    std::optional<double> waitMs{};
    std::optional<double> hiddenWaitMs{};
    std::optional<std::int64_t> peakBytes{};
    ParityWord parity = ParityWord::None;
    RunStatus status = RunStatus::Queued;
    QString reason;
    std::optional<double> progress{};  // 0 … 1 of its steps, where it is known how many
    std::int64_t createdUs = 0;

    bool operator==(const RunRow&) const = default;
};

RunRow runRow(const RunRecord& run);
std::vector<RunRow> runRows(const std::vector<RunRecord>& runs);

QString parityText(ParityWord parity);  // "same", "another model", "differs", "reference", "–"
QString stateText(const RunRow& row);   // "finished", "running 62 %"
QString startedText(std::int64_t us);   // "20 Nov 2026 19:20:35", in local time
QString shortStarted(std::int64_t us);  // "20 Nov 19:20"; with the year where it is another one

}  // namespace ringscope::ui
