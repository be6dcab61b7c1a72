#include "backend/simulate/calibration.h"

#include "backend/analysis/executed_mode.h"
#include "backend/analysis/rendezvous.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/machine/machine_table.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/memory_zero.h"
#include "backend/simulate/step_tape.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t steps = 4;  // the first warms up

RunConfig calibrationConfig(NumberFormat precision) {
    RunConfig config;
    config.model = {};
    config.model.layers = 2;
    config.train.precision = precision;
    config.train.steps = steps;
    config.train.warmupSteps = 1;
    config.profile.steps = StepRange{1, steps};
    config.profile.memory = false;
    config.launch.device = DeviceChoice::Cpu;
    return config;
}

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Half of the values lie so far around the median, at most, as a share of it.
double spreadOf(const std::vector<double>& values) {
    const double median = medianOf(values);
    std::vector<double> away;
    for (const double value : values) away.push_back(std::abs(value / median - 1));
    return medianOf(std::move(away));
}

// Blocks that are equal, and how long each took.
struct BlockKey {
    Pass pass{};
    MaskKind mask{};
    std::int64_t pairs = 0;
    std::int64_t heads = 0;
    auto operator<=>(const BlockKey&) const = default;
};
using BlockTimes = std::map<BlockKey, std::vector<double>>;

// The blocks of a pass, in the order in which a rank computes them.
std::vector<BlockKey> blocksOf(const RunPlan& plan, const Schedule& schedule,
                               const std::vector<Step>& steps, Pass pass) {
    std::vector<BlockKey> keys;
    for (const Step& step : steps)
        for (const Block& block : step.blocks)
            keys.push_back({pass, block.mask, attendedPairs(block),
                            queryHeads(schedule, step, block) * plan.attention.batch});
    return keys;
}

// A rank's spans of a layer's pass are its blocks in order; where they are not as many, none count.
void addBlocks(const CalibrationRun& run, BlockTimes& times) {
    const Schedule& schedule = run.plan.schedule();
    for (const RankTrace& rank : run.trace.ranks) {
        const RankSchedule plan = stepsOf(schedule, rank.origin.rank % schedule.ranks);
        std::map<std::tuple<int, int, Pass>, std::vector<const Span*>> passes;
        for (const Span& span : rank.spans)
            if (span.kind() == SpanKind::Attention && span.operation() == Operation::Block)
                passes[{span.step(), span.layer(),
                        span.pass() == SpanPass::Backward ? Pass::Backward : Pass::Forward}]
                    .push_back(&span);
        for (const auto& [where, spans] : passes) {
            const Pass pass = std::get<Pass>(where);
            const std::vector<BlockKey> keys = blocksOf(
                run.plan, schedule, pass == Pass::Forward ? plan.forward : plan.backward, pass);
            if (keys.size() != spans.size()) continue;
            for (std::size_t i = 0; i < keys.size(); ++i)
                times[keys[i]].push_back(static_cast<double>(spans[i]->duration()));
        }
    }
}

std::vector<AttentionTable> attentionTables(const BlockTimes& times, const ModelConfig& model,
                                            NumberFormat format, const std::string& source) {
    std::map<std::pair<Pass, MaskKind>, AttentionTable> tables;
    for (const auto& [key, nanos] : times) {
        AttentionTable& table = tables[{key.pass, key.mask}];
        table = {.kernel = "block",
                 .format = format,
                 .heads = model.heads,
                 .headColumns = model.headDim(),
                 .pass = key.pass,
                 .mask = key.mask,
                 .points = std::move(table.points),
                 .source = source};
        const double pairs = static_cast<double>(key.pairs) * static_cast<double>(key.heads) /
                             static_cast<double>(model.heads);
        const double side = std::sqrt(key.mask == MaskKind::Causal ? 2 * pairs : pairs);
        const double flops =
            blockFlops(pairs * static_cast<double>(model.heads), model.headDim(), key.pass);
        const auto size = std::max<std::int64_t>(std::llround(side), 1);
        if (table.points.empty() ||
            std::ranges::find(table.points, size, &RatePoint::size) == table.points.end())
            table.points.push_back({size, flops / medianOf(nanos) / 1e3});
    }
    std::vector<AttentionTable> all;
    for (auto& [key, table] : tables) {
        std::ranges::sort(table.points, {}, &RatePoint::size);
        all.push_back(std::move(table));
    }
    return all;
}

// Nanoseconds of spans of this kind and operation, of each recorded step of a rank.
std::vector<double> nanosPerStep(const RankTrace& rank, SpanKind kind,
                                 std::initializer_list<Operation> operations) {
    std::map<int, double> sums;
    for (const Span& span : rank.spans)
        if (span.kind() == kind &&
            std::ranges::find(operations, span.operation()) != operations.end())
            sums[span.step()] += static_cast<double>(span.duration());
    std::vector<double> values;
    for (const auto& [step, sum] : sums) values.push_back(sum);
    return values;
}

// Work of a tape that is no attention, at rates that are known: passes at 1 byte a nanosecond, and
// products at 1 TFLOP/s, apart from each other.
struct OtherWork {
    double bytes = 0;
    double flops = 0;
};
OtherWork otherWorkOf(const RunPlan& plan) {
    const ModelConfig& model = plan.config.model;
    const auto tokens = static_cast<double>(plan.config.train.seqLen * plan.config.train.batch *
                                            plan.microSteps * plan.replicas);
    const auto matrices = static_cast<double>(multipliedParameters(model, plan.layers));
    const auto layers = static_cast<double>(model.layers);
    const auto width = static_cast<double>(model.hiddenSize);
    const auto heads = static_cast<double>((model.heads + 2 * model.keyHeads()) * model.headDim());
    const auto inner = static_cast<double>(2 * model.ffnSize);
    const double element = rowOf(plan.config.train.precision).bytes;
    const double sum = rowOf(plan.config.train.precision).sumBytes;
    // As step_tape.cpp counts them, forward and backward.
    const double ofLayer = width * (2 + 3 + 5 + 8 + 3 + 6) + heads * 5 + inner * 6;
    return {.bytes = tokens * (element * (layers * ofLayer + 8 * width) +
                               4 * sum * static_cast<double>(model.vocabSize)) +
                     sum * matrices,
            .flops = 6 * matrices * tokens};
}

// Bytes a second of the optimizer's step: gradient, value, and both moments read and written.
std::optional<double> passBandwidth(const std::vector<CalibrationRun>& runs) {
    std::vector<double> rates;
    for (const CalibrationRun& run : runs) {
        if (run.plan.ranks != 1) continue;
        const double bytes = static_cast<double>(run.plan.parameters) *
                             (5 * rowOf(run.plan.config.train.precision).sumBytes +
                              2 * rowOf(run.plan.config.train.precision).bytes);
        for (const double nanos :
             nanosPerStep(run.trace.ranks.front(), SpanKind::Compute, {Operation::Optimizer}))
            rates.push_back(bytes / nanos * 1e9);
    }
    if (rates.empty()) return std::nullopt;
    return medianOf(std::move(rates));
}

ProductTable productTable(const std::vector<CalibrationRun>& runs, NumberFormat format,
                          double bandwidth, const std::string& source) {
    std::map<std::int64_t, std::vector<double>> rates;
    for (const CalibrationRun& run : runs) {
        // Many small blocks leave time between them, which is no product's.
        if (run.plan.ranks != 1 || run.plan.attention.pattern != nullptr) continue;
        const RankTrace& rank = run.trace.ranks.front();
        const std::vector<double> all =
            nanosPerStep(rank, SpanKind::Compute, {Operation::Forward, Operation::Backward});
        const std::vector<double> blocks =
            nanosPerStep(rank, SpanKind::Attention, {Operation::Block, Operation::Merge});
        const OtherWork work = otherWorkOf(run.plan);
        for (std::size_t i = 0; i < std::min(all.size(), blocks.size()); ++i) {
            const double products = all[i] - blocks[i] - work.bytes / bandwidth * 1e9;
            // Where passes take nearly all, what is left tells nothing of products.
            if (products > 0.1 * all[i])
                rates[run.plan.config.train.seqLen].push_back(work.flops / products / 1e3);
        }
    }
    ProductTable table{.format = format, .source = source};
    for (const auto& [rows, values] : rates) table.points.push_back({rows, medianOf(values)});
    return table;
}

// How long transfers of a size took, from the moment that all ends were posted.
using TransferTimes = std::map<std::int64_t, std::vector<double>>;

std::map<Operation, TransferTimes> transferTimes(const std::vector<CalibrationRun>& runs) {
    std::map<Operation, TransferTimes> times;
    for (const CalibrationRun& run : runs) {
        const auto meetings = matchMessages(run.trace);
        for (std::size_t r = 0; r < run.trace.ranks.size(); ++r) {
            const std::vector<Span>& spans = run.trace.ranks[r].spans;
            std::map<std::pair<Operation, std::uint32_t>, const Span*> waits;
            for (const Span& span : spans)
                if (span.kind() == SpanKind::Wait)
                    waits[{span.operation(), span.message()}] = &span;
            for (std::size_t i = 0; i < spans.size(); ++i) {
                const Span& span = spans[i];
                if (span.kind() != SpanKind::Transfer || span.operation() == Operation::Send ||
                    !meetings[r][i].known())
                    continue;
                // What a rank waits for has ended when it goes on.
                const auto wait = waits.find({span.operation(), span.message()});
                const bool awaited = wait != waits.end() && wait->second->begin() < span.end();
                const std::int64_t end =
                    awaited ? std::max(span.end(), wait->second->end()) : span.end();
                times[span.operation()][span.bytes()].push_back(
                    static_cast<double>(std::max<std::int64_t>(end - meetings[r][i].moving, 1)));
            }
        }
    }
    return times;
}

// What a transfer takes that need not wait for a core: a quarter of them took less.
double unhindered(std::vector<double> nanos) {
    const auto quarter = nanos.begin() + std::ssize(nanos) / 4;
    std::nth_element(nanos.begin(), quarter, nanos.end());
    return *quarter;
}

struct MessageRate {
    double bandwidth = 0;
    std::int64_t latencyNanos = 0;
};
std::optional<MessageRate> rateOf(const TransferTimes& times) {
    if (times.size() < 2) return std::nullopt;
    const auto small = static_cast<double>(times.begin()->first);
    const auto large = static_cast<double>(times.rbegin()->first);
    const double smallNanos = unhindered(times.begin()->second);
    const double largeNanos = unhindered(times.rbegin()->second);
    const double perByte = std::max((largeNanos - smallNanos) / (large - small), 1e-3);
    return MessageRate{1e9 / perByte, static_cast<std::int64_t>(
                                          std::clamp(smallNanos - small * perByte, 1e3, 1e7))};
}

std::optional<LinkLevel> measuredLink(const std::vector<CalibrationRun>& runs,
                                      const std::string& source) {
    std::map<Operation, TransferTimes> times = transferTimes(runs);
    const std::optional<MessageRate> messages = rateOf(times[Operation::Receive]);
    if (!messages) return std::nullopt;
    LinkLevel link{.name = "loopback",
                   .reach = 0,
                   .bandwidth = messages->bandwidth,
                   .latencyNanos = messages->latencyNanos,
                   .sharedBy = 1,
                   .source = source};
    for (const TransferKind kind :
         {TransferKind::AllGather, TransferKind::ReduceScatter, TransferKind::AllToAll})
        if (const std::optional<MessageRate> rate = rateOf(times[operationOf(kind)]))
            link.collectives.push_back({kind, rate->bandwidth, rate->latencyNanos});
    return link;
}

void compare(Drift& drift, const std::string& what, double before, double now) {
    const double percent = (now / before - 1) * 100;
    drift.worstPercent = std::max(drift.worstPercent, std::abs(percent));
    drift.sentences.push_back(fmt::format("{}: {:+.1f} %", what, percent));
}

}  // namespace

std::vector<ExpandedRun> calibrationRuns(NumberFormat precision) {
    std::vector<ExpandedRun> runs;
    const auto add = [&](std::string_view mode, std::int64_t tokens, bool causal) {
        RunConfig config = calibrationConfig(precision);
        config.parallel.mode = mode;
        config.parallel.sp = mode == modenames::none ? 1 : 2;
        config.train.seqLen = tokens;
        config.attention.causal = causal;
        runs.push_back(
            {.name = fmt::format("calibrate/{} {}{}", mode, tokens, causal ? "" : " all"),
             .config = std::move(config)});
    };
    for (const std::int64_t tokens : {384, 768, 1536, 3072, 6144})
        add(modenames::none, tokens, true);
    for (const std::int64_t tokens : {768, 3072, 6144}) add(modenames::none, tokens, false);
    for (const std::string_view mode :
         {modenames::ring, modenames::ringAllgather, modenames::ulysses})
        for (const std::int64_t tokens : {384, 1536, 6144}) add(mode, tokens, false);
    add(modenames::none, 3072, true);
    runs.back().name += " window";
    runs.back().config.attention.window = 300;
    // Small blocks: of all heads, and of one.
    add(modenames::none, 1536, true);
    runs.back().name += " blocks";
    runs.back().config.attention.pattern = {
        .kind = PatternKind::BlockSparse, .block = 64, .stride = 6};
    add(modenames::none, 1536, true);
    runs.back().name += " dilated";
    runs.back().config.attention.pattern = {
        .kind = PatternKind::Dilated, .segments = {128, 1536}, .rates = {1, 16}};
    return runs;
}

Result<Calibration> calibrated(const std::vector<CalibrationRun>& runs, const MachineFacts& facts) {
    if (runs.empty()) return Error{ErrorCode::Failed, "no run of the calibration has ended"};
    const RunConfig& config = runs.front().plan.config;
    const NumberFormat format = config.train.precision;
    const std::string source = "measured on this machine, " + facts.day;
    BlockTimes times;
    for (const CalibrationRun& run : runs) addBlocks(run, times);
    const std::optional<double> bandwidth = passBandwidth(runs);
    const std::optional<LinkLevel> link = measuredLink(runs, source);
    if (times.empty() || !bandwidth || !link)
        return Error{ErrorCode::Failed, fmt::format("the calibration's traces lack {}",
                                                    times.empty() ? "blocks of attention"
                                                    : !bandwidth  ? "the optimizer's steps"
                                                                  : "messages of two sizes")};
    Calibration calibration;
    Machine& machine = calibration.machine;
    machine.name = thisMachine;
    machine.about = fmt::format("{}, {} cores", facts.name, facts.cores);
    machine.measured = facts.day;
    machine.kernel = "block";
    machine.products.push_back(productTable(runs, format, *bandwidth, source));
    if (machine.products.back().points.empty())
        return Error{ErrorCode::Failed, "the calibration's traces tell nothing of products"};
    machine.attention = attentionTables(times, config.model, format, source);
    machine.device = {.kind = DeviceKind::Cpu,
                      .name = facts.name,
                      .perHost = 1024,
                      .cores = facts.cores,
                      .memoryBytes = facts.memoryBytes,
                      .bandwidth = *bandwidth,
                      .turnNanos = facts.turnNanos,
                      .peaks = {{format, machine.products.back().points.back().tflops}},
                      .source = source + "; the peak is the best rate of products"};
    machine.links.push_back(*link);
    machine.host = {.memoryBandwidth = *bandwidth,
                    .diskRead = facts.diskRead,
                    .diskWrite = facts.diskWrite,
                    .memoryBytes = facts.memoryBytes,
                    .source = source};
    std::vector<double> spreads;
    for (const auto& [key, nanos] : times) spreads.push_back(spreadOf(nanos));
    calibration.spreadPercent = medianOf(std::move(spreads)) * 100;
    machine.error = {
        std::max(5.0, 2 * calibration.spreadPercent),
        fmt::format("twice the spread of blocks when it was calibrated ({:.1f} %), 5 % "
                    "at least; no run was compared with its prediction yet",
                    calibration.spreadPercent)};
    return calibration;
}

Drift driftOf(const Machine& before, const Machine& now) {
    Drift drift;
    compare(drift, "passes over memory", before.device.bandwidth, now.device.bandwidth);
    compare(drift, "messages", before.links.back().bandwidth, now.links.back().bandwidth);
    if (!before.products.empty() && !now.products.empty())
        compare(drift, "products", before.products.front().points.back().tflops,
                now.products.front().points.back().tflops);
    for (const AttentionTable& table : now.attention)
        for (const AttentionTable& old : before.attention)
            if (old.pass == table.pass && old.mask == table.mask && old.format == table.format)
                compare(drift,
                        fmt::format("{} blocks {}", maskName(table.mask),
                                    table.pass == Pass::Forward ? "forward" : "backward"),
                        old.points.back().tflops, table.points.back().tflops);
    std::ranges::stable_sort(drift.sentences, std::greater<>{}, [](const std::string& sentence) {
        return std::abs(std::stod(sentence.substr(sentence.rfind(": ") + 2)));
    });
    return drift;
}

}  // namespace ringscope
