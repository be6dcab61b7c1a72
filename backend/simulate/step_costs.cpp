#include "backend/simulate/step_costs.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/plan/memory_zero.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

// fp16 computes as fast as bf16 where a machine has a table of one of them.
std::optional<NumberFormat> formatWithTables(const Machine& machine, NumberFormat wanted,
                                             const std::string& kernel) {
    const auto hasTables = [&](NumberFormat format) {
        return std::ranges::any_of(machine.attention,
                                   [&](const AttentionTable& table) {
                                       return table.format == format && table.kernel == kernel;
                                   }) &&
               std::ranges::any_of(machine.products, [&](const ProductTable& table) {
                   return table.format == format;
               });
    };
    if (hasTables(wanted)) return wanted;
    if (wanted == NumberFormat::Fp16 && hasTables(NumberFormat::Bf16)) return NumberFormat::Bf16;
    return std::nullopt;
}

}  // namespace

Result<StepCosts> StepCosts::of(const RunPlan& plan, const Machine& machine,
                                const std::string& kernel) {
    if (plan.config.adapter.kind == AdapterKind::Qlora && machine.device.kind == DeviceKind::Gpu)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("adapter.kind qlora makes numbers of 4 bits on the host's "
                                 "processor, of which machine {} says nothing; use lora",
                                 machine.name)};
    if (plan.config.model.attention == AttentionKind::Nsa)
        return Error{ErrorCode::InvalidConfig,
                     "model.attention nsa compresses keys and has three branches, which no machine "
                     "has rates of yet; run it to see its times, or use gqa"};
    StepCosts costs;
    costs.plan_ = &plan;
    costs.machine_ = &machine;
    costs.share_ = parameterShareOf(plan);
    costs.kernel_ = kernel.empty() ? machine.kernel : kernel;
    const std::vector<std::string> kernels = machine.kernels();
    if (std::ranges::find(kernels, costs.kernel_) == kernels.end())
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("machine {} has no attention kernel {}; it has {}", machine.name,
                                 shown(costs.kernel_), join(kernels, ", "))};
    const NumberFormat wanted = plan.config.train.precision;
    const std::optional<NumberFormat> format = formatWithTables(machine, wanted, costs.kernel_);
    if (!format) {
        std::vector<std::string> known;
        for (const NumberFormatRow& row : numberFormats)
            if (formatWithTables(machine, row.value, costs.kernel_)) known.emplace_back(row.name);
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("machine {} has no rates of attention kernel {} in {}; use "
                                 "train.precision {}",
                                 machine.name, costs.kernel_, nameOf(wanted), join(known, " or "))};
    }
    costs.format_ = *format;
    costs.elementBytes_ = rowOf(wanted).bytes;
    costs.sumBytes_ = rowOf(wanted).sumBytes;
    return costs;
}

std::int64_t StepCosts::rated(double flops, double tflops) const {
    return static_cast<std::int64_t>(std::llround(flops / tflops / 1e3));
}

std::int64_t StepCosts::attention(const BlockWork& work, std::int64_t count) const {
    if (work.pairs == 0) return 0;
    const double rate = attentionRate(*machine_, kernel_, work).value_or(1);
    const double pairs = static_cast<double>(work.pairs) * static_cast<double>(work.heads) *
                         static_cast<double>(count);
    return rated(blockFlops(pairs, work.headColumns, work.pass), rate);
}

// Queries and keys have other columns than values in latent attention.
std::int64_t StepCosts::headColumns() const {
    const ModelConfig& model = plan_->config.model;
    return (model.headDim() + model.valueDim()) / 2;
}

std::int64_t StepCosts::block(const Block& block, std::int64_t heads, Pass pass) const {
    return attention({.format = format_,
                      .queries = block.queryRows(),
                      .keys = block.keyRows(),
                      .pairs = attendedPairs(block),
                      .heads = heads * plan_->attention.batch,
                      .headColumns = headColumns(),
                      .mask = block.mask,
                      .pass = pass},
                     1);
}

std::int64_t StepCosts::fullBlocks(double pairs, std::int64_t count, Pass pass) const {
    const double ofEach = pairs / static_cast<double>(std::max<std::int64_t>(count, 1));
    return attention({.format = format_,
                      .pairs = static_cast<std::int64_t>(std::llround(std::max(ofEach, 1.0))),
                      .headColumns = headColumns(),
                      .mask = MaskKind::Full,
                      .pass = pass},
                     count);
}

// At half of fp32's rate; where a machine has none, at the format's by the width of their numbers.
std::int64_t StepCosts::wideProducts(double flops, std::int64_t rows) const {
    if (flops == 0) return 0;
    const std::optional<double> single = productRate(*machine_, NumberFormat::Fp32, rows);
    const double rate =
        single ? *single / 2
               : productRate(*machine_, format_, rows).value_or(1) * rowOf(format_).bytes / 8;
    return rated(flops, rate);
}

std::int64_t StepCosts::product(std::int64_t rows, std::int64_t inner, std::int64_t columns) const {
    if (rows == 0) return 0;
    const double flops =
        2.0 * static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(columns);
    const std::int64_t bytes = elementBytes_ * (rows * inner + inner * columns + rows * columns);
    return std::max(rated(flops, productRate(*machine_, format_, rows).value_or(1)),
                    passOver(bytes));
}

std::int64_t StepCosts::productBackward(std::int64_t rows, std::int64_t inner,
                                        std::int64_t columns) const {
    return product(rows, columns, inner) + product(rows, inner, columns) +
           passOver(sumBytes_ * inner * columns);
}

std::int64_t StepCosts::passOver(std::int64_t bytes) const {
    return static_cast<std::int64_t>(
        std::llround(static_cast<double>(bytes) * 1e9 / machine_->device.bandwidth));
}

}  // namespace ringscope
