#include "backend/report/tables.h"

#include "backend/compare/statistics.h"
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/report/figure_table.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace ringscope::reporting {
namespace {

const RunRecord* findRun(const Report& report, const RunId& id) {
    const auto found = std::ranges::find(report.runs, id, &RunRecord::id);
    return found == report.runs.end() ? nullptr : &*found;
}

Tone speedTone(Speed speed) {
    switch (speed) {
        case Speed::Faster:
            return Tone::Good;
        case Speed::Slower:
            return Tone::Caution;
        default:
            return Tone::Muted;
    }
}

// A plan that does not say what happens is worth a look.
Tone predictionTone(const RunGroup& group, const Figure& figure) {
    const auto& measured = group.*figure.predicts;
    const auto& predicted = group.*figure.spread;
    const auto& whole = group.*(figure.withinOf != nullptr ? figure.withinOf : figure.predicts);
    const bool differs =
        measured && predicted && whole &&
        std::abs(measured->median - predicted->median) > figure.within * whole->median;
    return differs ? Tone::Caution : Tone::Muted;
}

// Parity follows the speed: the two that a reader wants first.
Row comparisonRow(const std::vector<const Figure*>& figures, const RunGroup& group,
                  const Candidate* candidate) {
    Row row{.mode = group.mode, .cells = {}, .absence = absenceWords(group)};
    row.cells.push_back({group.rowLabel});
    for (const Figure* figure : figures) {
        const bool predicted = figure->predicts != nullptr;
        row.cells.push_back({formatMedian(group.*figure->spread, figure->format),
                             predicted ? predictionTone(group, *figure) : Tone::Plain,
                             figureDetail(*figure, group)});
        if (figure->spread != &RunGroup::tokensPerSecond) continue;
        if (candidate)
            row.cells.push_back({formatSpeedup(*candidate), speedTone(candidate->speed),
                                 formatSpeedupEnds(*candidate)});
        else
            row.cells.push_back({"baseline", Tone::Muted});
        row.cells.push_back({parityWords(group), parityTone(group)});
    }
    row.cells.push_back({finishedWords(group), group.failed > 0 ? Tone::Caution : Tone::Muted});
    return row;
}

std::string fromRanks(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const std::optional<Bytes> bytes = measuredBytes(run, figure);
    return bytes ? formatBytes(*bytes) : "–";
}

std::string took(const RunRecord& run) {
    if (run.startedUs == 0 || run.endedUs < run.startedUs) return "–";
    return formatDuration(std::chrono::microseconds(run.endedUs - run.startedUs));
}

Cell stateCell(const RunRecord& run) {
    if (run.status == RunStatus::Finished) return {"finished", Tone::Good};
    std::string words(statusName(run.status));
    if (!run.statusReason.empty()) words += ": " + run.statusReason;
    return {words, isFinal(run.status) ? Tone::Bad : Tone::Caution};
}

std::vector<Cell> parityCells(const RunRecord& run) {
    if (!run.parity) return {{"–", Tone::Muted}, {"–", Tone::Muted}};
    const bool off = parityVerdict(run) == ParityVerdict::Different;
    const Tone tone = off ? Tone::Bad : Tone::Good;
    return {{formatDifference(run.parity->maxLossDiff), tone},
            {formatDifference(run.parity->maxGradNormRelDiff), tone}};
}

std::string idWords(const RunRecord& run) {
    std::string words = run.id.text.substr(0, 8);
    if (run.continues)
        words += fmt::format(", goes on from {} at step {}", run.continues->run.text.substr(0, 8),
                             run.continues->step);
    return words;
}

Row runRow(const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    const auto stepTime = [](double ms) { return figure("step_ms").format(ms); };
    Row row{.mode = run.config.parallel.mode, .cells = {}, .absence = ""};
    row.cells = {{run.name + (run.reference ? " (reference)" : ""), Tone::Plain, idWords(run)},
                 stateCell(run),
                 {speed ? formatSignificant(speed->tokensPerSecond) : "–"},
                 {speed ? stepTime(speed->stepMedianMs) : "–"},
                 {speed ? stepTime(speed->stepP95Ms) : "–"},
                 {fromRanks(run, peakMemory)},
                 {fromRanks(run, measuredAttentionBytes)},
                 {run.steps.empty() ? "–" : formatLoss(run.steps.back().loss)}};
    for (Cell& cell : parityCells(run)) row.cells.push_back(std::move(cell));
    row.cells.push_back({took(run), Tone::Plain, utcMinute(run.startedUs)});
    return row;
}

std::string exitWords(const RankRecord& rank) {
    if (!rank.endedBy.empty()) return rank.endedBy;
    return rank.exitCode ? "exit code " + std::to_string(*rank.exitCode) : "–";
}

// All steps of a short run; about `wanted` of a long one, the first and the last among them.
std::vector<std::int64_t> shownSteps(const std::set<std::int64_t>& steps) {
    constexpr std::size_t wanted = 48;
    std::vector<std::int64_t> shown;
    const std::size_t stride = (steps.size() + wanted - 1) / wanted;
    std::size_t index = 0;
    for (const std::int64_t step : steps)
        if (index++ % std::max<std::size_t>(1, stride) == 0) shown.push_back(step);
    if (!steps.empty() && shown.back() != *steps.rbegin()) shown.push_back(*steps.rbegin());
    return shown;
}

struct Environment {
    std::string device, versions, hosts;
    auto operator<=>(const Environment&) const = default;
};

Environment environmentOf(const RunRecord& run) {
    std::set<std::string> hosts;
    for (const RankRecord& rank : run.rankRecords)
        if (!rank.host.empty()) hosts.insert(rank.host);
    return {run.device, run.versions, join({hosts.begin(), hosts.end()}, ", ")};
}

std::string orUnknown(const std::string& value) { return value.empty() ? "not known" : value; }

}  // namespace

std::string withDetail(const Cell& cell) {
    return cell.detail.empty() ? cell.text : cell.text + " (" + cell.detail + ")";
}

Table comparisonRows(const Report& report) {
    Table table{{{"configuration"}}, {}};
    const std::vector<const Figure*> figures = figuresOf(report.comparison);
    for (const Figure* figure : figures) {
        table.columns.push_back({std::string(figure->name), Align::Right});
        if (figure->spread != &RunGroup::tokensPerSecond) continue;
        table.columns.push_back({"speed-up", Align::Right});
        table.columns.push_back({"parity"});
    }
    table.columns.push_back({"runs", Align::Right});
    const std::vector<const RunGroup*> groups = report.comparison.groups();
    for (const Section& section : report.comparison.sections) {
        if (const std::string title = sectionTitle(report.comparison, section); !title.empty())
            table.rows.push_back({"", {{title}}, "", true});
        for (const std::size_t index : section.groups)
            table.rows.push_back(
                comparisonRow(figures, *groups[index], report.comparison.candidate(index)));
    }
    return table;
}

Table runRows(const Report& report) {
    Table table{{{"run"},
                 {"state"},
                 {"tokens/s", Align::Right},
                 {"step median", Align::Right},
                 {"step p95", Align::Right},
                 {"peak memory", Align::Right},
                 {"attention sent/step", Align::Right},
                 {"final loss", Align::Right},
                 {"loss off by", Align::Right},
                 {"norm off by", Align::Right},
                 {"took", Align::Right}},
                {}};
    for (const RunRecord& run : report.runs) table.rows.push_back(runRow(run));
    return table;
}

Table rankRows(const Report& report) {
    Table table{{{"run"},
                 {"rank", Align::Right},
                 {"host"},
                 {"process", Align::Right},
                 {"peak memory", Align::Right},
                 {"attention sent/step", Align::Right},
                 {"gradients sent/step", Align::Right},
                 {"ended"}},
                {}};
    for (const RunRecord& run : report.runs) {
        for (const RankRecord& rank : run.rankRecords) {
            const auto ifKnown = [&](Bytes bytes) {
                return hasReported(rank) ? formatBytes(bytes) : std::string("–");
            };
            table.rows.push_back({run.config.parallel.mode,
                                  {{run.name},
                                   {std::to_string(rank.rank)},
                                   {rank.host},
                                   {std::to_string(rank.pid)},
                                   {ifKnown(rank.peakMemory)},
                                   {ifKnown(rank.attentionBytesPerStep)},
                                   {ifKnown(rank.gradientBytesPerStep)},
                                   {exitWords(rank)}},
                                  ""});
        }
    }
    return table;
}

std::vector<GroupLosses> groupLosses(const Report& report) {
    std::vector<GroupLosses> losses;
    for (const RunGroup* group : report.comparison.groups()) {
        const RunRecord* chosen = nullptr;
        for (const RunId& id : group->runs) {
            const RunRecord* run = findRun(report, id);
            if (!run || run->steps.empty()) continue;
            const bool better = !chosen || (chosen->status != RunStatus::Finished &&
                                            run->status == RunStatus::Finished);
            if (better) chosen = run;
        }
        if (chosen) losses.push_back({group, chosen});
    }
    return losses;
}

Table lossRows(const std::vector<GroupLosses>& losses) {
    Table table{{{"step", Align::Right}}, {}};
    std::set<std::int64_t> steps;
    std::vector<std::map<std::int64_t, double>> lossAt;
    for (const GroupLosses& one : losses) {
        table.columns.push_back({one.group->rowLabel, Align::Right});
        lossAt.emplace_back();
        for (const StepRecord& step : historyOf(*one.run).steps) {
            steps.insert(step.step);
            lossAt.back()[step.step] = step.loss;
        }
    }
    for (const std::int64_t step : shownSteps(steps)) {
        Row row{"", {{formatCount(step)}}, ""};
        for (const auto& at : lossAt) {
            const auto found = at.find(step);
            row.cells.push_back({found == at.end() ? "–" : formatLoss(found->second)});
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table differenceRows(const Report& report) {
    constexpr std::size_t mostColumns = 4;
    const std::vector<const RunGroup*> groups = report.comparison.groups();
    const std::vector<SettingDifference>& differences = report.comparison.differences;
    if (differences.empty()) return {};
    if (groups.size() <= std::max(mostColumns, differences.size())) {
        Table table{{{"setting"}}, {}};
        for (const RunGroup* group : groups) table.columns.push_back({group->label, Align::Right});
        for (const SettingDifference& difference : differences) {
            Row row{"", {{difference.path}}, ""};
            for (const std::string& value : difference.values) row.cells.push_back({value});
            table.rows.push_back(std::move(row));
        }
        return table;
    }
    Table table{{{"configuration"}}, {}};
    for (const SettingDifference& difference : differences)
        table.columns.push_back({difference.path, Align::Right});
    for (std::size_t i = 0; i < groups.size(); ++i) {
        Row row{groups[i]->mode, {{groups[i]->label}}, ""};
        for (const SettingDifference& difference : differences)
            row.cells.push_back({difference.values[i]});
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table sharedSettings(const Report& report) {
    Table table{{{"setting"}, {"value", Align::Right}, {"unit"}, {"meaning"}}, {}};
    const auto isShared = [&](const Field& field) {
        return std::ranges::all_of(report.runs, [&](const RunRecord& run) {
            return field.get(run.config) == field.get(report.runs.front().config);
        });
    };
    for (const Field& field : fieldTable()) {
        if (report.runs.empty() || !isShared(field)) continue;
        table.rows.push_back({"",
                              {{std::string(field.path)},
                               {field.get(report.runs.front().config)},
                               {std::string(field.unit)},
                               {std::string(field.help), Tone::Muted}},
                              ""});
    }
    return table;
}

Table environmentRows(const Report& report) {
    std::map<Environment, std::vector<std::string>> runs;
    for (const RunRecord& run : report.runs) runs[environmentOf(run)].push_back(run.name);
    Table table{{{"device"}, {"software"}, {"hosts"}, {"runs"}}, {}};
    for (const auto& [environment, names] : runs)
        table.rows.push_back({"",
                              {{orUnknown(environment.device)},
                               {orUnknown(environment.versions)},
                               {orUnknown(environment.hosts)},
                               {runs.size() == 1 ? "all" : join(names, ", ")}},
                              ""});
    return table;
}

Tone parityTone(const RunGroup& group) {
    if (isReference(group)) return Tone::Plain;
    switch (parityVerdict(group)) {
        case ParityVerdict::Same:
            return Tone::Good;
        case ParityVerdict::AnotherModel:
            return Tone::Caution;
        case ParityVerdict::Different:
            return Tone::Bad;
        case ParityVerdict::Unknown:
            break;
    }
    return Tone::Muted;
}

Tone verdictTone(const Comparison& comparison) {
    Tone tone = Tone::Muted;
    for (const Candidate& candidate : comparison.candidates)
        if (candidate.speed == Speed::Faster) tone = Tone::Good;
    for (const RunGroup* group : comparison.groups()) {
        if (parityVerdict(*group) == ParityVerdict::Different) return Tone::Bad;
        if (group->failed > 0) tone = Tone::Caution;
    }
    return tone;
}

}  // namespace ringscope::reporting
