#include "kernels/model/token_numbers.h"

#include "backend/model/rotary.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace ringscope {

at::Tensor integersAs(const std::vector<std::int64_t>& values, at::IntArrayRef shape,
                      c10::Device device) {
    at::Tensor tensor = at::empty(shape, at::kLong);
    std::ranges::copy(values, tensor.mutable_data_ptr<std::int64_t>());
    return tensor.to(device);
}

RotaryTable rotaryTableOf(const RunConfig& config, const std::vector<std::int64_t>& positions,
                          std::int64_t length, const at::TensorOptions& options) {
    const ModelConfig& form = config.model;
    const bool turns = form.position == PositionKind::Rope && !config.usesAlibi();
    const RotaryAngles angles = turns ? rotaryAngles(form, length) : RotaryAngles{};
    const std::vector<std::int64_t> used =
        turns ? positions : std::vector<std::int64_t>(positions.size(), 0);
    RotaryTable table = rotaryTable(integersAs(used, {std::ssize(used)}, at::kCPU),
                                    angles.perPosition, angles.factor, options);
    table.headDim = form.headDim();
    table.interleaved = form.rope.interleaved;
    return table;
}

}  // namespace ringscope
