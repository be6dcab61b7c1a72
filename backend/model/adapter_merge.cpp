#include "backend/model/adapter_merge.h"

#include "backend/core/plain_text.h"
#include "backend/model/checkpoint.h"
#include "backend/model/model_files.h"
#include "backend/model/stored_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

// Columns of B A that are made at a time of a transposed tensor, and rows of any other.
constexpr std::int64_t rowsAtOnce = 64;

struct AdaptedTensor {
    LinearLayer layer;
    std::vector<double> a;  // (rank, columns)
    std::vector<double> b;  // (rows, rank), scaled
    std::int64_t rank = 0;
};

std::vector<double> allNumbers(const StoredTensor& tensor) {
    return storedNumbers(tensor, 0, tensor.shape[0] * tensor.shape[1]);
}

AdaptedTensor adaptedTensor(const AdapterFolder& adapter, const LinearLayer& layer,
                            Merging merging) {
    AdaptedTensor made{.layer = layer,
                       .a = allNumbers(adapter.a(layer.module)),
                       .b = allNumbers(adapter.b(layer.module)),
                       .rank = adapter.settings().rank};
    const double scale = adapter.settings().scale() * (merging == Merging::Add ? 1 : -1);
    for (double& number : made.b) number *= scale;
    return made;
}

// Adds row `row` of B A, stretched over numbers that are `step` apart.
void addRow(const AdaptedTensor& of, std::int64_t row, double* numbers, std::int64_t step) {
    const std::int64_t columns = of.layer.columns;
    for (std::int64_t k = 0; k < of.rank; ++k) {
        const double factor = of.b[static_cast<std::size_t>(row * of.rank + k)];
        const double* a = of.a.data() + k * columns;
        for (std::int64_t column = 0; column < columns; ++column)
            numbers[column * step] += factor * a[column];
    }
}

void writeMerged(const StoredTensor& stored, const AdaptedTensor& of, TensorSink& sink) {
    const std::int64_t rows = of.layer.rows;
    const std::int64_t columns = of.layer.columns;
    if (of.layer.transposed) {
        std::vector<double> numbers = storedNumbers(stored, 0, rows * columns);
        for (std::int64_t row = 0; row < rows; ++row) addRow(of, row, numbers.data() + row, rows);
        sink.write(bytesOfNumbers(numbers, stored.type));
        return;
    }
    for (std::int64_t first = 0; first < rows; first += rowsAtOnce) {
        const std::int64_t count = std::min(rowsAtOnce, rows - first);
        std::vector<double> numbers = storedNumbers(stored, first * columns, count * columns);
        for (std::int64_t row = 0; row < count; ++row)
            addRow(of, first + row, numbers.data() + row * columns, 1);
        sink.write(bytesOfNumbers(numbers, stored.type));
    }
}

// A file of a model without its head leaves the prefix of names out.
std::string tensorOf(const Checkpoint& base, const std::string& module) {
    const std::string name = module + ".weight";
    if (base.files().find(name) != nullptr) return name;
    return name.substr(std::min(base.family().body.size(), name.size()));
}

std::vector<OutgoingTensor> mergedTensors(
    const Checkpoint& base, const std::map<std::string, std::shared_ptr<AdaptedTensor>>& adapted) {
    std::vector<OutgoingTensor> tensors;
    for (const StoredTensor& stored : base.files().tensors()) {
        const auto found = adapted.find(std::string(stored.name));
        const std::shared_ptr<AdaptedTensor> of = found == adapted.end() ? nullptr : found->second;
        tensors.push_back({.name = std::string(stored.name),
                           .type = stored.type,
                           .shape = {stored.shape.begin(), stored.shape.end()},
                           .write = [stored, of](TensorSink& sink) {
                               if (of)
                                   writeMerged(stored, *of, sink);
                               else
                                   sink.write(stored.bytes);
                           }});
    }
    return tensors;
}

}  // namespace

Result<std::vector<LinearLayer>> layersOf(const AdapterFolder& adapter,
                                          const std::vector<LinearLayer>& layers) {
    std::map<std::string, LinearLayer> byModule;
    for (const LinearLayer& layer : layers)
        for (LinearLayer& each : eachOf(layer)) {
            std::string module = each.module;
            byModule.emplace(std::move(module), std::move(each));
        }
    std::vector<LinearLayer> adapted;
    for (const std::string& module : adapter.modules()) {
        const auto found = byModule.find(module);
        if (found == byModule.end())
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("the adapter in '{}' stands beside {}, and the model has no "
                                     "such linear layer; its base is another model",
                                     adapter.folder().string(), shown(module))};
        const LinearLayer& layer = found->second;
        if (adapter.a(module).shape[1] != layer.columns || adapter.b(module).shape[0] != layer.rows)
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("the adapter in '{}' is for {} of {} to {} columns, and "
                            "that of the model has {} to {}; its base is another model",
                            adapter.folder().string(), shown(module), adapter.a(module).shape[1],
                            adapter.b(module).shape[0], layer.columns, layer.rows)};
        adapted.push_back(layer);
    }
    return adapted;
}

Result<void> mergeAdapter(const fs::path& base, const fs::path& adapter, const fs::path& to,
                          Merging merging) {
    RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(base));
    RINGSCOPE_TRY(const AdapterFolder opened, AdapterFolder::open(adapter));
    ModelConfig model = checkpoint.description().model;
    model.from = base.string();
    RINGSCOPE_TRY(const std::vector<LinearLayer> all,
                  linearLayers(model, checkpoint.description().attention));
    RINGSCOPE_TRY(const std::vector<LinearLayer> layers, layersOf(opened, all));
    std::map<std::string, std::shared_ptr<AdaptedTensor>> adapted;
    for (const LinearLayer& layer : layers) {
        const std::string name = tensorOf(checkpoint, layer.module);
        RINGSCOPE_CHECK(checkpoint.tensor(name));
        adapted[name] = std::make_shared<AdaptedTensor>(adaptedTensor(opened, layer, merging));
    }
    RINGSCOPE_CHECK(
        writeCheckpoint(to, checkpoint.configText(), mergedTensors(checkpoint, adapted)));
    // The one that the adapter was trained with, where its folder has one.
    RINGSCOPE_CHECK(copyTokenizer(base, to));
    return copyTokenizer(adapter, to);
}

}  // namespace ringscope
