#include "backend/memory/rank_writer.h"

#include "backend/config/precision.h"

namespace ringscope {

RankWriter::RankWriter(AllocationProgram& program, const RunPlan& plan,
                       const MachineTraits& machine)
    : program_(program),
      model_(plan.config.model),
      elementBytes_(rowOf(plan.config.train.precision).bytes),
      sumBytes_(rowOf(plan.config.train.precision).sumBytes),
      chunk_(elementBytes_ == 2 ? 1024 : 512),
      threads_(plan.config.launch.threadsPerRank),
      onCpu_(plan.config.launch.device != DeviceChoice::Cuda),
      multipliesTwoBytes_(machine.multipliesTwoBytes),
      copiesGathers_(machine.copiesGathers) {}

Held RankWriter::product(const ProductSizes& sizes) {
    if (!widens()) return elements(sizes.rows * sizes.columns);
    const Held left = sums(sizes.rows * sizes.inner);
    const Held right = sums(sizes.inner * sizes.columns);
    const Held wide = sums(sizes.rows * sizes.columns);
    return elements(sizes.rows * sizes.columns);
}

void RankWriter::productInto(const ProductSizes& sizes) {
    if (!widens()) return;
    const Held left = sums(sizes.rows * sizes.inner);
    const Held right = sums(sizes.inner * sizes.columns);
    const Held wide = sums(sizes.rows * sizes.columns);
}

Held RankWriter::sumWithProduct(const ProductSizes& sizes) {
    const Held addend = widens() ? sums(sizes.rows * sizes.columns) : Held{};
    return product(sizes);
}

void RankWriter::sumWithProductInto(const ProductSizes& sizes) {
    const Held addend = widens() ? sums(sizes.rows * sizes.columns) : Held{};
    productInto(sizes);
}

void RankWriter::addProduct(const ProductSizes& sizes) {
    if (!hasTwoBytes()) return;
    const Held left =
        widens() ? sums(sizes.rows * sizes.inner) : elements(sizes.rows * sizes.columns);
    const Held right = widens() ? sums(sizes.inner * sizes.columns) : Held{};
}

void RankWriter::norm(bool defined, std::int64_t rows, std::int64_t width) {
    if (!defined) return;
    const Held gain = model_.gainFromOne ? elements(width) : Held{};
    if (model_.norm == NormKind::Rms) return;
    const Held normed = elements(rows * width);
    const Held moments = sums(2 * rows);
}

void RankWriter::normBackward(bool defined, std::int64_t rows, std::int64_t width) {
    if (!defined) return;
    constexpr std::int64_t rowsPerThread = 16;
    const Held gain = model_.gainFromOne ? elements(width) : Held{};
    if (model_.norm == NormKind::Rms) {
        const std::int64_t useful = (rows + rowsPerThread - 1) / rowsPerThread;
        const Held partial = sums(std::clamp<std::int64_t>(useful, 1, threads_) * width);
        return;
    }
    const Held normed = elements(rows * width);
    const Held moments = sums(2 * rows);
    const Held d = elements(rows * width);
    const Held weights = elements(2 * width);
}

void RankWriter::projectionGradients(std::int64_t rows, std::int64_t inner, std::int64_t outputs,
                                     bool bias) {
    addProduct({outputs, rows, inner});
    if (!bias) return;
    const Held wide = widened(rows * outputs);
    const Held sum = sums(outputs);
}

}  // namespace ringscope
