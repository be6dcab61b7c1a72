#include "backend/memory/rank_writer.h"

#include "backend/config/precision.h"
#include "backend/plan/adapter_plan.h"

#include <utility>

namespace ringscope {
namespace {

using RowsByStem = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

// "layers.3.attention.qkv.weight" -> "attention.qkv"
std::string stemOfWeight(std::string_view name) {
    constexpr std::string_view layers = "layers.";
    constexpr std::string_view ending = ".weight";
    name.remove_prefix(name.find('.', layers.size()) + 1);
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
    return std::string(name);
}

// Layers whose parts are alike have the same ones; the first that has a part tells.
RowsByStem rowsByStem(const std::vector<LinearLayer>& layers) {
    RowsByStem rows;
    std::map<std::string, std::string> first;
    for (const LinearLayer& layer : layers) {
        const std::string stem = stemOfWeight(layer.parameter);
        if (first.emplace(stem, layer.parameter).first->second == layer.parameter)
            rows[stem].push_back(layer.rows);
    }
    return rows;
}

}  // namespace

RankWriter::RankWriter(AllocationProgram& program, const RunPlan& plan,
                       const MachineTraits& machine)
    : program_(program),
      model_(plan.config.model),
      pattern_(plan.attention.pattern.get()),
      elementBytes_(rowOf(plan.config.train.precision).bytes),
      sumBytes_(rowOf(plan.config.train.precision).sumBytes),
      chunk_(elementBytes_ == 2 ? 1024 : 512),
      threads_(plan.config.launch.threadsPerRank),
      onCpu_(plan.config.launch.device != DeviceChoice::Cuda),
      multipliesTwoBytes_(machine.multipliesTwoBytes),
      copiesGathers_(machine.copiesGathers),
      frozen_(hasAdapter(plan.config)),
      rank_(plan.config.adapter.rank),
      drops_(plan.config.adapter.dropout > 0) {
    std::vector<LinearLayer> adapted;
    for (const AdapterSite& site : plan.adapterSites) adapted.push_back(site.layer);
    beside_ = rowsByStem(adapted);
    packed_ = rowsByStem(plan.fourBitLayers);
}

Held RankWriter::scratch(const ProductSizes& sizes, bool transposed) {
    constexpr std::int64_t columns = 64;
    constexpr std::int64_t mostRows = 256;
    constexpr std::int64_t fixedBytes = 5120;
    constexpr std::int64_t mostBytes = 680'000;
    if (!hasTwoBytes() || !onCpu_ || !multipliesTwoBytes_) return {};
    const std::int64_t rows = transposed ? std::min((sizes.rows + 63) / 64 * 64, mostRows) : 0;
    return program_.hold(
        threads_ *
        std::min(elementBytes_ * sizes.inner * (columns + rows) + fixedBytes, mostBytes));
}

Held RankWriter::product(const ProductSizes& sizes) {
    const Held own = scratch(sizes);
    if (!widens()) return elements(sizes.rows * sizes.columns);
    const Held left = sums(sizes.rows * sizes.inner);
    const Held right = sums(sizes.inner * sizes.columns);
    const Held wide = sums(sizes.rows * sizes.columns);
    return elements(sizes.rows * sizes.columns);
}

void RankWriter::productInto(const ProductSizes& sizes) {
    const Held own = scratch(sizes);
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
    const Held own = scratch(sizes, /*transposed=*/true);
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
    const Held unused = frozen_ ? sums(width) : Held{};
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

const std::vector<std::int64_t>& RankWriter::outputsBeside(std::string_view stem) const {
    static const std::vector<std::int64_t> none;
    const auto found = beside_.find(stem);
    return found == beside_.end() ? none : found->second;
}

Held RankWriter::matrix(const ProjectionSizes& sizes) {
    const auto found = packed_.find(sizes.stem);
    if (found == packed_.end()) return {};
    Held made = elements(sizes.in * sizes.out);
    const Held numbers = program_.hold(*std::ranges::max_element(found->second) * sizes.in *
                                       static_cast<std::int64_t>(sizeof(float)));
    return made;
}

// The factors are gone when the rest is there.
Held RankWriter::dropped(std::int64_t rows, std::int64_t in) {
    if (!drops_) return {};
    const Held factors = elements(rows * in);
    return elements(rows * in);
}

void RankWriter::beside(const ProjectionSizes& sizes) {
    for (const std::int64_t all : outputsBeside(sizes.stem)) {
        const std::int64_t outputs = std::min(all, sizes.out);
        Held given = dropped(sizes.rows, sizes.in);
        const Held low = product({sizes.rows, sizes.in, rank_});
        given = {};
        productInto({sizes.rows, rank_, outputs});
    }
}

void RankWriter::besideBack(const ProjectionSizes& sizes) {
    for (const std::int64_t all : outputsBeside(sizes.stem)) {
        const std::int64_t outputs = std::min(all, sizes.out);
        const Held low = product({sizes.rows, outputs, rank_});
        if (drops_) {
            const Held whole = product({sizes.rows, rank_, sizes.in});
            const Held given = dropped(sizes.rows, sizes.in);
        } else {
            productInto({sizes.rows, rank_, sizes.in});
        }
    }
}

Held RankWriter::projection(const ProjectionSizes& sizes) {
    Held out;
    {
        const Held weight = matrix(sizes);
        out = product({sizes.rows, sizes.in, sizes.out});
    }
    beside(sizes);
    return out;
}

void RankWriter::projectionInto(const ProjectionSizes& sizes) {
    {
        const Held weight = matrix(sizes);
        productInto({sizes.rows, sizes.in, sizes.out});
    }
    beside(sizes);
}

Held RankWriter::sumWithProjection(const ProjectionSizes& sizes) {
    Held out;
    {
        const Held weight = matrix(sizes);
        out = sumWithProduct({sizes.rows, sizes.in, sizes.out});
    }
    beside(sizes);
    return out;
}

void RankWriter::sumWithProjectionInto(const ProjectionSizes& sizes) {
    {
        const Held weight = matrix(sizes);
        sumWithProductInto({sizes.rows, sizes.in, sizes.out});
    }
    beside(sizes);
}

void RankWriter::projectionGradients(const ProjectionSizes& sizes) {
    if (!frozen_) {
        addProduct({sizes.out, sizes.rows, sizes.in});
        if (!sizes.bias) return;
        const Held wide = widened(sizes.rows * sizes.out);
        const Held sum = sums(sizes.out);
        return;
    }
    for (const std::int64_t all : outputsBeside(sizes.stem)) {
        const std::int64_t outputs = std::min(all, sizes.out);
        const Held given = dropped(sizes.rows, sizes.in);
        {
            const Held low = product({sizes.rows, sizes.in, rank_});
            addProduct({outputs, sizes.rows, rank_});
        }
        const Held dLow = product({sizes.rows, outputs, rank_});
        addProduct({rank_, sizes.rows, sizes.in});
    }
}

Held RankWriter::projectionBack(const ProjectionSizes& sizes) {
    Held dIn;
    {
        const Held weight = matrix(sizes);
        dIn = product({sizes.rows, sizes.out, sizes.in});
    }
    besideBack(sizes);
    return dIn;
}

void RankWriter::projectionBackInto(const ProjectionSizes& sizes) {
    {
        const Held weight = matrix(sizes);
        productInto({sizes.rows, sizes.out, sizes.in});
    }
    besideBack(sizes);
}

}  // namespace ringscope
