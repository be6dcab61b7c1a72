#include "backend/report/pattern_tables.h"

#include "backend/compare/dense_twin.h"
#include "backend/core/rounded.h"
#include "backend/core/units.h"
#include "backend/plan/attention_work.h"
#include "backend/report/aligned_table.h"
#include "backend/report/figure_table.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace ringscope::reporting {
namespace {

std::optional<double> medianOf(const std::optional<Spread>& spread) {
    return spread ? std::optional(spread->median) : std::nullopt;
}

// Nothing where the run has not done the step, or cannot be planned here.
std::optional<PatternFigures> figuresAfter(std::int64_t step, const GroupLosses& of) {
    const auto done = std::ranges::find(of.run->steps, step, &StepRecord::step);
    const Result<RunPlan> plan = planRun(of.run->config);
    if (done == of.run->steps.end() || !plan.ok()) return std::nullopt;
    PatternFigures figures{.step = step, .loss = done->loss, .pairs = seenPairsOfLayers(*plan)};
    const std::vector<ValidationRecord>& all = of.run->validations;
    if (const auto found = std::ranges::find(all, step, &ValidationRecord::step);
        found != all.end())
        figures.validationLoss = found->loss;
    figures.bytesPerStep = medianOf(of.group->attentionBytesPerStep);
    figures.stepMs = medianOf(of.group->stepMs);
    return figures;
}

std::string signedLoss(double difference) {
    return fmt::format("{:+.4f}", difference == 0 ? 0.0 : difference);
}

std::string saved(double own, double dense) {
    if (dense == 0) return "";
    return formatRounded(100 * (1 - own / dense), 3) + " % saved";
}

std::string dash() { return "–"; }

Cell lossCell(const std::optional<double>& loss, const std::optional<double>& dense) {
    if (!loss) return {dash(), Tone::Muted};
    return {formatLoss(*loss), Tone::Plain, dense ? signedLoss(*loss - *dense) : ""};
}

// The row of a twin has nothing to be compared with.
Row patternRow(const RunGroup& group, const PatternFigures& own, const PatternFigures* dense) {
    const auto beside = [&](const std::optional<double>& mine, auto member, auto words) {
        if (dense == nullptr || !mine || !(dense->*member)) return std::string();
        return std::string(words(*mine, *(dense->*member)));
    };
    const auto bytes = [](double count) { return formatBytes({std::llround(count)}); };
    Row row{.mode = group.mode, .cells = {}, .absence = ""};
    row.cells.push_back({group.label});
    row.cells.push_back(lossCell(own.loss, dense ? std::optional(dense->loss) : std::nullopt));
    row.cells.push_back(lossCell(own.validationLoss, dense ? dense->validationLoss : std::nullopt));
    row.cells.push_back(
        {dense ? formatRounded(100 * own.pairs / dense->pairs, 3) + " %" : "dense"});
    row.cells.push_back(
        {formatSignificant(own.pairs), Tone::Plain, dense ? saved(own.pairs, dense->pairs) : ""});
    row.cells.push_back({own.bytesPerStep ? bytes(*own.bytesPerStep) : dash(), Tone::Plain,
                         beside(own.bytesPerStep, &PatternFigures::bytesPerStep, saved)});
    row.cells.push_back(
        {own.stepMs ? figure("step_ms").format(*own.stepMs) : dash(), Tone::Plain,
         beside(own.stepMs, &PatternFigures::stepMs, [](double mine, double theirs) {
             return formatRatio(theirs / mine) + " × as fast";
         })});
    return row;
}

std::string rangeWords(const std::vector<RecallRange>& ranges, std::size_t index) {
    const std::int64_t begin = index == 0 ? 1 : ranges[index - 1].upTo + 1;
    return formatCount(begin) + "–" + formatCount(ranges[index].upTo);
}

std::string accuracyWords(const RecallRange& range) {
    const std::optional<double> accuracy = accuracyOf(range);
    return accuracy ? fmt::format("{:.0f} %", 100 * *accuracy) : dash();
}

// "local 1 of 16" of "none pattern=local 1 of 16": what is the same for all is left out.
std::string legendOf(const RunGroup& group, bool oneMode) {
    std::string_view label = group.label;
    if (!oneMode) return group.label;
    if (label.starts_with(group.mode + " ")) label.remove_prefix(group.mode.size() + 1);
    constexpr std::string_view pattern = "pattern=";
    if (label.starts_with(pattern)) label.remove_prefix(pattern.size());
    return std::string(label);
}

std::string textOf(std::string_view title, const Table& table) {
    if (table.rows.empty()) return "";
    std::vector<std::vector<std::string>> rows(1);
    for (const Column& column : table.columns) rows.front().push_back(column.header);
    for (const Row& row : table.rows) {
        std::vector<std::string>& texts = rows.emplace_back();
        for (const Cell& cell : row.cells) texts.push_back(printableLine(withDetail(cell)));
    }
    return fmt::format("\n{}\n{}", title, alignedTable(rows, 1));
}

}  // namespace

std::string patternText(const Report& report) {
    return textOf("patterns beside dense attention", patternRows(report)) +
           textOf("right answers by how far back the value was said", recallRows(report));
}

std::vector<PatternCost> patternCosts(const Report& report) {
    const std::vector<GroupLosses> all = groupLosses(report);
    std::vector<const RunConfig*> configs;
    for (const GroupLosses& each : all) configs.push_back(&each.run->config);
    std::vector<PatternCost> costs;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (configs[i]->attention.pattern.kind == PatternKind::None) continue;
        const std::optional<std::size_t> twin = denseTwin(configs, i);
        if (!twin) continue;
        const std::int64_t step =
            std::min(all[i].run->steps.back().step, all[*twin].run->steps.back().step);
        const std::optional<PatternFigures> own = figuresAfter(step, all[i]);
        const std::optional<PatternFigures> dense = figuresAfter(step, all[*twin]);
        if (own && dense) costs.push_back({all[i].group, all[*twin].group, *own, *dense});
    }
    return costs;
}

Table patternRows(const Report& report) {
    Table table{{{"configuration"},
                 {"loss", Align::Right},
                 {"validation loss", Align::Right},
                 {"pairs computed", Align::Right},
                 {"pairs of a sequence", Align::Right},
                 {"attention sent/step", Align::Right},
                 {"step time", Align::Right}},
                {}};
    const RunGroup* twin = nullptr;
    for (const PatternCost& cost : patternCosts(report)) {
        if (std::exchange(twin, cost.dense) != cost.dense)
            table.rows.push_back(patternRow(*cost.dense, cost.ofDense, nullptr));
        table.rows.push_back(patternRow(*cost.group, cost.own, &cost.ofDense));
    }
    return table;
}

std::vector<GroupRecall> groupRecalls(const Report& report) {
    std::vector<GroupRecall> recalls;
    for (const GroupLosses& each : groupLosses(report)) {
        const std::vector<ValidationRecord>& found = each.run->validations;
        if (!found.empty() && !found.back().recall.empty())
            recalls.push_back({each.group, &found.back()});
    }
    return recalls;
}

// Sequences of other lengths have other ranges: the longest has all that the others have, but
// their last.
Table recallRows(const Report& report) {
    const std::vector<GroupRecall> all = groupRecalls(report);
    Table table{{{"configuration"}}, {}};
    if (all.empty()) return table;
    const std::vector<RecallRange>& ranges =
        std::ranges::max_element(all, {}, [](const GroupRecall& each) {
            return each.found->recall.size();
        })->found->recall;
    for (std::size_t i = 0; i < ranges.size(); ++i)
        table.columns.push_back({rangeWords(ranges, i), Align::Right});
    for (const GroupRecall& each : all) {
        Row row{.mode = each.group->mode, .cells = {{each.group->label}}, .absence = ""};
        for (const RecallRange& range : each.found->recall)
            row.cells.push_back({accuracyWords(range)});
        row.cells.resize(table.columns.size(), {dash(), Tone::Muted});
        table.rows.push_back(std::move(row));
    }
    return table;
}

LineChart recallChart(const Report& report) {
    LineChart chart{"chart-recall",
                    "Right answers over distance",
                    std::string(recallCaption),
                    "tokens back",
                    "%",
                    {}};
    const auto looks = modeLookTable();
    const std::vector<GroupRecall> all = groupRecalls(report);
    const bool oneMode = std::ranges::all_of(
        all, [&](const GroupRecall& each) { return each.group->mode == all.front().group->mode; });
    for (const GroupRecall& each : all) {
        const ModeLook& look = looks[chart.lines.size() % looks.size()];
        Line line{legendOf(*each.group, oneMode), std::string(look.mode), {}, true};
        for (const RecallRange& range : each.found->recall)
            if (const std::optional<double> accuracy = accuracyOf(range))
                line.points.push_back({static_cast<double>(range.upTo), 100 * *accuracy});
        chart.lines.push_back(std::move(line));
    }
    chart.doublings = true;
    return chart;
}

}  // namespace ringscope::reporting
