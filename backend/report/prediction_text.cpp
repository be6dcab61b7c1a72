#include "backend/report/prediction_text.h"

#include "backend/core/rounded.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/report/aligned_table.h"
#include "backend/report/derivation.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using CellRow = std::vector<std::string>;
using OrderedJson = nlohmann::ordered_json;

std::string secondsText(std::int64_t nanos) { return formatDuration(Nanos(nanos)); }

std::string memoryCell(const Prediction& prediction) {
    return fmt::format("{} of {}", formatBytes({prediction.neededBytes()}),
                       formatBytes({prediction.deviceBytes}));
}

CellRow predictionCells(const Prediction& prediction) {
    const RankTimes& mean = prediction.mean;
    return {std::to_string(prediction.ranks),
            secondsText(prediction.stepNanos),
            secondsText(mean.attention),
            secondsText(mean.compute + mean.copies),
            secondsText(mean.exposed),
            secondsText(waitNanos(mean)),
            otherNanos(mean) == 0 ? "-" : secondsText(otherNanos(mean)),
            formatCount(std::llround(prediction.tokensPerSecond())),
            formatSignificant(prediction.tflops(prediction.flops.causal)),
            prediction.peakTflops > 0 ? fmt::format("{:.1f} %", prediction.mfu() * 100) : "-",
            formatBytes({prediction.peak.bytes()}),
            memoryCell(prediction),
            prediction.fits() ? "yes" : "no"};
}

CellRow predictionHead() {
    return {"ranks",    "step",    "attention", "compute", "exposed", "wait", "other",
            "tokens/s", "TFLOP/s", "MFU",       "peak",    "memory",  "fits"};
}

std::string machineLine(const Machine& machine) {
    return fmt::format("{}: {}{}\n", machine.name, machine.about,
                       machine.measured.empty() ? "" : ", measured on " + machine.measured);
}

// What the figures count, and how sure they are.
std::string conventionText(const Prediction& prediction) {
    return fmt::format(
        "Figures are predicted, means over ranks; step = attention + compute + exposed + wait + "
        "other.\nTFLOP/s of a device count pairs that are seen and nothing that is computed again; "
        "MFU divides them by the data sheet's peak. peak: of the tensors of the rank that holds "
        "the most, on this machine's device, as `plan memory --machine` says; memory: with {} that "
        "a device holds beside tensors, an estimate. Both are binary (GiB). wait: for a rank that "
        "came late; exposed: while bytes moved; other: the host's memory, launches.\nAttention "
        "kernel {}. Error bar: ± {:.0f} % ({}).\n",
        formatBytes({prediction.besideBytes}), prediction.kernel, prediction.errorPercent,
        prediction.errorSource);
}

std::string apartText(const std::vector<PredictedRun>& runs) {
    std::string text;
    for (const PredictedRun& run : runs)
        if (run.prediction.ranksApart > 0)
            text += fmt::format(
                "{}: {} ranks stand for all; the work of others differs by up to {:.1f} %.\n",
                run.name, run.prediction.unlikeRanks, run.prediction.ranksApart * 100);
    return text;
}

OrderedJson predictionObject(const Prediction& prediction) {
    const RankTimes& mean = prediction.mean;
    const auto seconds = [](std::int64_t nanos) { return static_cast<double>(nanos) / 1e9; };
    const auto known = [](double value) {
        return value > 0 ? OrderedJson(value) : OrderedJson(nullptr);
    };
    return {{"mode", prediction.mode},
            {"arrangement", prediction.arrangement},
            {"ranks", prediction.ranks},
            {"sequence_ranks", prediction.sequenceRanks},
            {"kernel", prediction.kernel},
            {"step_s", prediction.seconds()},
            {"compute_s", seconds(computeNanos(mean))},
            {"attention_s", seconds(mean.attention)},
            {"copies_s", seconds(mean.copies)},
            {"exposed_s", seconds(mean.exposed)},
            {"wait_s", seconds(waitNanos(mean))},
            {"offload_s", seconds(mean.moves)},
            {"launch_gap_s", seconds(mean.gaps)},
            {"tokens", prediction.tokens},
            {"tokens_per_s", prediction.tokensPerSecond()},
            {"tflops",
             {{"causal", prediction.tflops(prediction.flops.causal)},
              {"full", prediction.tflops(prediction.flops.full)},
              {"with_recompute", prediction.tflops(prediction.flops.withRecompute)}}},
            {"mfu", known(prediction.mfu())},
            {"peak_bytes", prediction.peak.bytes()},
            {"beside_tensors_bytes", prediction.besideBytes},
            {"device_bytes", prediction.deviceBytes},
            {"fits", prediction.fits()},
            {"usd_per_million_tokens", known(prediction.usdPerMillionTokens())},
            {"error_pct", prediction.errorPercent},
            {"error_source", prediction.errorSource},
            {"simulated_ranks", prediction.unlikeRanks},
            {"ranks_apart_pct", prediction.ranksApart * 100}};
}

// Which figures of a machine are from where; tables of a kernel that have one source are one row.
struct FigureSource {
    std::string of{};
    std::string source{};
};
std::vector<FigureSource> sourcesOf(const Machine& machine) {
    std::vector<FigureSource> sources;
    const auto add = [&](std::string of, const std::string& source) {
        const bool known = std::ranges::any_of(sources, [&](const FigureSource& other) {
            return other.of == of && other.source == source;
        });
        if (!known) sources.push_back({std::move(of), source});
    };
    add("device", machine.device.source);
    for (const ProductTable& table : machine.products)
        add(fmt::format("products {}", nameOf(table.format)), table.source);
    for (const AttentionTable& table : machine.attention)
        add("attention " + table.kernel, table.source);
    for (const LinkLevel& link : machine.links) add("link " + link.name, link.source);
    add("host", machine.host.source);
    if (machine.price) add("price", machine.price->source);
    if (machine.failures) add("failures", machine.failures->source);
    add("error bar", machine.error.source);
    return sources;
}

OrderedJson sourcesJson(const Machine& machine) {
    OrderedJson rows = OrderedJson::array();
    for (const FigureSource& each : sourcesOf(machine))
        rows.push_back({{"of", each.of}, {"source", each.source}});
    return rows;
}

OrderedJson machineObject(const Machine& machine) {
    OrderedJson links = OrderedJson::array();
    for (const LinkLevel& link : machine.links)
        links.push_back({{"name", link.name},
                         {"reach", link.reach},
                         {"bytes_per_s", link.bandwidth},
                         {"latency_s", static_cast<double>(link.latencyNanos) / 1e9},
                         {"source", link.source}});
    return {{"name", machine.name},
            {"about", machine.about},
            {"measured",
             machine.measured.empty() ? OrderedJson(nullptr) : OrderedJson(machine.measured)},
            {"device", machine.device.name},
            {"per_host", machine.device.perHost},
            {"memory_bytes", machine.device.memoryBytes},
            {"kernels", machine.kernels()},
            {"kernel", machine.kernel},
            {"links", std::move(links)},
            {"usd_per_device_hour",
             machine.price ? OrderedJson(machine.price->perDeviceHour) : OrderedJson(nullptr)},
            {"error_pct", machine.error.percent},
            {"source", machine.device.source},
            {"sources", sourcesJson(machine)}};
}

OrderedJson conventions() {
    return {
        {"step_s", "compute_s + exposed_s + wait_s + offload_s + launch_gap_s, mean over ranks"},
        {"tflops.causal", "of a device; pairs that are seen; nothing that is computed again"},
        {"tflops.full", "of a device; all pairs of a sequence, as if nothing were masked"},
        {"tflops.with_recompute", "tflops.causal and what is computed again"},
        {"mfu", "tflops.causal over the data sheet's dense peak"},
        {"peak_bytes", "tensors of the rank that holds the most, on the machine's device"},
        {"fits", "peak_bytes + beside_tensors_bytes <= device_bytes"}};
}

OrderedJson optionObject(const Option& option) {
    OrderedJson object = {{"split", option.split}, {"memory", option.memory}};
    object.update(predictionObject(option.prediction));
    object["dp"] = option.config.parallel.dp;
    object["sp"] = option.config.parallel.sp;
    object["ulysses"] = option.config.parallel.ulysses
                            ? OrderedJson(*option.config.parallel.ulysses)
                            : OrderedJson(nullptr);
    object["inner_ring"] = option.config.parallel.innerRing
                               ? OrderedJson(*option.config.parallel.innerRing)
                               : OrderedJson(nullptr);
    return object;
}

std::string sweepText(const std::vector<SweptRanks>& all) {
    std::string text;
    for (const SweptRanks& swept : all)
        text += fmt::format("{} {}: {}\n", swept.ranks, swept.ranks == 1 ? "rank" : "ranks",
                            fastestSentence(fastestAlong(swept.curves), "tokens"));
    return text.empty() ? text : text + "\n";
}

OrderedJson sweptObject(const SweptRanks& swept) {
    const FastestAlong along = fastestAlong(swept.curves);
    OrderedJson object = {
        {"ranks", swept.ranks},
        {"first", along.first.empty() ? OrderedJson(nullptr) : OrderedJson(along.first)},
        {"changes", OrderedJson::array()},
        {"sentence", fastestSentence(along, "tokens")}};
    for (const Crossover& change : along.changes)
        object["changes"].push_back({{"tokens", change.at},
                                     {"interpolated", change.interpolated},
                                     {"from", change.from},
                                     {"to", change.to}});
    return object;
}

template <typename Row>
OrderedJson optionalNumber(const Row& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

}  // namespace

std::string predictionText(const PredictedRuns& predicted) {
    if (predicted.runs.empty()) return "";
    CellRow head = predictionHead();
    head.insert(head.begin(), "name");
    std::vector<CellRow> rows{head};
    for (const PredictedRun& run : predicted.runs) {
        CellRow row = predictionCells(run.prediction);
        row.insert(row.begin(), run.name);
        rows.push_back(std::move(row));
    }
    return machineLine(*predicted.machine) + alignedTable(rows, 1, true) + "\n" +
           sweepText(predicted.swept) + apartText(predicted.runs) +
           conventionText(predicted.runs.front().prediction);
}

std::string predictionJson(const PredictedRuns& predicted) {
    OrderedJson object = {{"schema_version", jsonSchemaVersion},
                          {"experiment", predicted.experiment},
                          {"machine", machineObject(*predicted.machine)},
                          {"conventions", conventions()},
                          {"predictions", OrderedJson::array()},
                          {"refusals", refusalsJson(predicted.refused)}};
    for (const PredictedRun& run : predicted.runs) {
        OrderedJson row = {{"name", run.name}};
        row.update(predictionObject(run.prediction));
        object["predictions"].push_back(std::move(row));
    }
    for (const SweptRanks& swept : predicted.swept) object["fastest"].push_back(sweptObject(swept));
    return reporting::jsonDump(object);
}

std::string adviceText(const std::vector<Advice>& advice, const Machine& machine) {
    constexpr std::size_t shownOptions = 12;
    std::string text = machineLine(machine);
    for (const Advice& each : advice) {
        text += "\n";
        for (const std::string& sentence : each.sentences) text += sentence + "\n";
        CellRow head = predictionHead();
        head.insert(head.begin(), {"split", "memory settings"});
        std::vector<CellRow> rows{head};
        const std::vector<Option>& options = each.options.empty() ? each.tooLarge : each.options;
        for (const Option& option : options) {
            if (rows.size() > shownOptions) break;
            CellRow row = predictionCells(option.prediction);
            row.insert(row.begin(), {option.split, option.memory});
            rows.push_back(std::move(row));
        }
        text += alignedTable(rows, 2, true);
        text += fmt::format("{} {}, {} larger than a device, {} cannot work.", each.options.size(),
                            each.options.size() == 1 ? "fits" : "fit", each.tooLarge.size(),
                            each.refused.size());
        if (options.size() > shownOptions)
            text += fmt::format(" The first {} are shown; --json has all.", shownOptions);
        text += "\n";
    }
    const std::vector<std::string> overall = adviceOver(advice);
    if (!overall.empty()) text += "\n";
    for (const std::string& sentence : overall) text += sentence + "\n";
    for (const Advice& each : advice)
        for (const std::vector<Option>* options : {&each.options, &each.tooLarge})
            if (!options->empty()) return text + "\n" + conventionText(options->front().prediction);
    return text;
}

std::string adviceJson(const std::string& experiment, const std::vector<Advice>& advice,
                       const Machine& machine) {
    OrderedJson object = {{"schema_version", jsonSchemaVersion}, {"experiment", experiment},
                          {"machine", machineObject(machine)},   {"conventions", conventions()},
                          {"sentences", adviceOver(advice)},     {"advice", OrderedJson::array()}};
    for (const Advice& each : advice) {
        OrderedJson row = {{"ranks", each.ranks},
                           {"sentences", each.sentences},
                           {"options", OrderedJson::array()},
                           {"too_large", OrderedJson::array()},
                           {"refused", OrderedJson::array()}};
        for (const Option& option : each.options) row["options"].push_back(optionObject(option));
        for (const Option& option : each.tooLarge) row["too_large"].push_back(optionObject(option));
        for (const RefusedOption& refused : each.refused)
            row["refused"].push_back({{"split", refused.split}, {"reason", refused.reason}});
        object["advice"].push_back(std::move(row));
    }
    return reporting::jsonDump(object);
}

std::string trainingCostText(const std::vector<TrainingCost>& costs, const Machine& machine) {
    std::string text = machineLine(machine);
    std::vector<CellRow> rows{{"ranks", "mode", "steps", "step", "days", "device hours",
                               "US dollars", "energy", "failures", "checkpoint", "lost"}};
    for (const TrainingCost& cost : costs)
        rows.push_back({std::to_string(cost.step.ranks), cost.step.mode, formatCount(cost.steps),
                        secondsText(cost.step.stepNanos), formatSignificant(cost.days),
                        formatCount(std::llround(cost.deviceHours)),
                        cost.usd ? formatCount(std::llround(*cost.usd)) : "-",
                        fmt::format("{} MWh", formatSignificant(cost.kilowattHours / 1000)),
                        cost.failures ? formatSignificant(*cost.failures) : "-",
                        formatBytes({cost.checkpointBytes}),
                        cost.lostShare ? fmt::format("{:.1f} %", *cost.lostShare * 100) : "-"});
    text += alignedTable(rows, 0) + "\n";
    for (const TrainingCost& cost : costs)
        for (const std::string& sentence : cost.sentences)
            text += fmt::format("{} ranks: {}\n", cost.step.ranks, sentence);
    text += fmt::format(
        "Days hold checkpoints and what failures lose: half of what lies between two checkpoints, "
        "and 10 minutes to start again (assumed). Energy is of devices at their limit of {:.0f} W; "
        "hosts and cooling come on top.",
        machine.device.watts);
    if (machine.price)
        text += fmt::format(" {} US dollars for a device hour ({}).",
                            formatSignificant(machine.price->perDeviceHour), machine.price->source);
    return text + "\n" + conventionText(costs.front().step);
}

std::string trainingCostJson(const std::string& experiment, const std::vector<TrainingCost>& costs,
                             const Machine& machine) {
    OrderedJson object = {{"schema_version", jsonSchemaVersion},
                          {"experiment", experiment},
                          {"machine", machineObject(machine)},
                          {"conventions", conventions()},
                          {"trainings", OrderedJson::array()}};
    for (const TrainingCost& cost : costs)
        object["trainings"].push_back({{"ranks", cost.step.ranks},
                                       {"tokens", cost.tokens},
                                       {"steps", cost.steps},
                                       {"compute_days", cost.computeDays},
                                       {"days", cost.days},
                                       {"device_hours", cost.deviceHours},
                                       {"usd", optionalNumber(cost.usd)},
                                       {"kilowatt_hours", cost.kilowattHours},
                                       {"failures", optionalNumber(cost.failures)},
                                       {"checkpoint_bytes", cost.checkpointBytes},
                                       {"checkpoint_s", cost.checkpointSeconds},
                                       {"checkpoint_every_s", optionalNumber(cost.everySeconds)},
                                       {"lost_share", optionalNumber(cost.lostShare)},
                                       {"sentences", cost.sentences},
                                       {"step", predictionObject(cost.step)}});
    return reporting::jsonDump(object);
}

std::string packingText(const PackingReport& report, int ranks) {
    std::string text = fmt::format(
        "{} documents with {} tokens, the longest {}; {} sequences of {} on {} ranks\n",
        formatCount(report.documents), formatCount(report.tokens), formatCount(report.longest),
        formatCount(report.sequences), formatCount(report.sequenceTokens), ranks);
    std::vector<CellRow> rows{{"dealt out", "efficiency", "worst", "of sequence", "most pairs",
                               "least pairs", "keys of others"}};
    for (const DealingResult& result : report.dealings) {
        const auto [least, most] = std::ranges::minmax(result.loads, {}, &RankLoad::pairs);
        rows.push_back({std::string(dealingName(result.dealing)),
                        fmt::format("{:.1f} %", result.efficiency * 100),
                        fmt::format("{:.1f} %", result.worst * 100),
                        formatCount(result.worstSequence), formatCount(most.pairs),
                        formatCount(least.pairs),
                        formatCount(std::llround(result.meanForeignKeys))});
    }
    return text + alignedTable(rows, 1) +
           "\nEfficiency: mean over most pairs of a rank, as a step waits for the rank with most. "
           "Pairs are of the worst sequence; keys of others: tokens whose keys a rank receives, "
           "mean.\n";
}

std::string packingJson(const std::string& file, const PackingReport& report, int ranks) {
    OrderedJson object = {{"schema_version", jsonSchemaVersion},
                          {"file", file},
                          {"ranks", ranks},
                          {"documents", report.documents},
                          {"tokens", report.tokens},
                          {"longest", report.longest},
                          {"sequences", report.sequences},
                          {"sequence_tokens", report.sequenceTokens},
                          {"dealings", OrderedJson::array()}};
    for (const DealingResult& result : report.dealings) {
        OrderedJson loads = OrderedJson::array();
        for (const RankLoad& load : result.loads)
            loads.push_back({{"tokens", load.tokens},
                             {"pairs", load.pairs},
                             {"foreign_keys", load.foreignKeys}});
        object["dealings"].push_back({{"name", dealingName(result.dealing)},
                                      {"efficiency", result.efficiency},
                                      {"worst", result.worst},
                                      {"worst_sequence", result.worstSequence},
                                      {"mean_foreign_keys", result.meanForeignKeys},
                                      {"worst_loads", std::move(loads)}});
    }
    return reporting::jsonDump(object);
}

std::string machinesText(const std::vector<Machine>& machines) {
    std::vector<CellRow> rows{{"machine", "device", "kernels", "a host", "memory", "bf16 peak",
                               "US dollars an hour", "links"}};
    for (const Machine& machine : machines) {
        std::vector<std::string> links;
        for (const LinkLevel& link : machine.links)
            links.push_back(link.name + " " + formatRounded(link.bandwidth / 1e9, 3) + " GB/s");
        const double peak = machine.peakOf(NumberFormat::Bf16);
        rows.push_back({machine.name, machine.device.name, join(machine.kernels(), " "),
                        std::to_string(machine.device.perHost),
                        formatBytes({machine.device.memoryBytes}),
                        peak > 0 ? fmt::format("{:.0f} TFLOP/s", peak) : "-",
                        machine.price ? fmt::format("{:.2f}", machine.price->perDeviceHour) : "-",
                        join(links, ", ")});
    }
    std::string text = alignedTable(rows, 3, true);
    for (const Machine& machine : machines) {
        text += fmt::format("\n{}: where its figures are from\n", machine.name);
        for (const FigureSource& each : sourcesOf(machine))
            text += fmt::format("  {:<16}{}\n", each.of, each.source);
    }
    return text;
}

std::string machinesJson(const std::vector<Machine>& machines) {
    OrderedJson object = {{"schema_version", jsonSchemaVersion},
                          {"machines", OrderedJson::array()}};
    for (const Machine& machine : machines) object["machines"].push_back(machineObject(machine));
    return reporting::jsonDump(object);
}

}  // namespace ringscope
