#include "kernels/model/checkpoint_values.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <utility>

namespace ringscope {
namespace {

at::ScalarType scalarTypeOfStored(TensorType type) {
    switch (type) {
        case TensorType::Bf16:
            return at::kBFloat16;
        case TensorType::F16:
            return at::kHalf;
        case TensorType::F64:
            return at::kDouble;
        default:
            return at::kFloat;
    }
}

// A view of the stored bytes; a copy where they do not lie as the processor wants them.
at::Tensor storedScalars(const StoredTensor& stored) {
    const at::TensorOptions options = at::TensorOptions().dtype(scalarTypeOfStored(stored.type));
    const auto width = static_cast<std::size_t>(c10::elementSize(scalarTypeOfStored(stored.type)));
    const auto count = static_cast<std::int64_t>(stored.bytes.size() / width);
    const auto address = reinterpret_cast<std::uintptr_t>(stored.bytes.data());
    if (address % width == 0)
        return at::from_blob(const_cast<std::byte*>(stored.bytes.data()), {count}, options);
    at::Tensor copy = at::empty({count}, options);
    std::memcpy(copy.mutable_data_ptr(), stored.bytes.data(), stored.bytes.size());
    return copy;
}

std::int64_t columnsOf(const ParameterSpec& spec) {
    return spec.shape.size() < 2 ? 1 : spec.shape.back();
}

// The rows that a piece has in its tensor, (rows, columns): a view of the tensor's scalars.
at::Tensor rowsInTensor(const at::Tensor& scalars, const WeightPiece& piece, std::int64_t columns) {
    const at::Tensor matrix = scalars.view({piece.matrices, -1})[piece.matrix];
    const at::Tensor rows =
        piece.transposed ? matrix.view({columns, -1}).t() : matrix.view({-1, columns});
    const std::int64_t end = piece.tensorFirstRow + piece.rows * piece.apart;
    return rows.slice(0, piece.tensorFirstRow, end, piece.apart);
}

// Scalars [begin, end) of a parameter, into `values`.
void fillParameter(const Checkpoint& checkpoint, const ParameterSpec& spec,
                   const std::vector<WeightPiece>& pieces, std::int64_t begin, std::int64_t end,
                   at::Tensor values) {
    const std::int64_t columns = columnsOf(spec);
    for (const WeightPiece& piece : pieces) {
        const std::int64_t pieceBegin = piece.firstRow * columns;
        const std::int64_t first = std::max(begin, pieceBegin);
        const std::int64_t last = std::min(end, pieceBegin + piece.rows * columns);
        if (first >= last) continue;
        const at::Tensor scalars = storedScalars(checkpoint.tensor(piece.tensor).value());
        values.narrow(0, first - begin, last - first)
            .copy_(rowsInTensor(scalars, piece, columns)
                       .reshape({-1})
                       .narrow(0, first - pieceBegin, last - first));
    }
}

std::set<std::string> untrainedTensors(const WeightPlaces& places) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < places.parameters.size(); ++i)
        if (!places.parameters[i].trained)
            for (const WeightPiece& piece : places.pieces[i]) names.insert(piece.tensor);
    return names;
}

OutgoingTensor outgoing(const WeightPlaces& places, const std::string& name,
                        const std::vector<std::int64_t>& shape, const at::Tensor& flat,
                        TensorType type) {
    return {.name = name,
            .type = type,
            .shape = shape,
            .write = [&places, flat, type, name](TensorSink& sink) {
                const at::Tensor whole =
                    namedTensor(places, name, flat).to(scalarTypeOfStored(type)).contiguous();
                sink.write({static_cast<const std::byte*>(whole.const_data_ptr()),
                            static_cast<std::size_t>(whole.nbytes())});
            }};
}

}  // namespace

InitialValues checkpointValues(std::shared_ptr<const Checkpoint> checkpoint) {
    return [checkpoint = std::move(checkpoint)](std::int64_t begin, std::int64_t count,
                                                const at::TensorOptions& options) {
        const WeightPlaces& places = checkpoint->places();
        at::Tensor values = at::zeros({count}, options.device(at::kCPU));
        for (std::size_t i = 0; i < places.parameters.size(); ++i) {
            const ParameterSpec& spec = places.parameters[i];
            const std::int64_t first = std::max(begin, spec.offset);
            const std::int64_t last = std::min(begin + count, spec.offset + spec.elements());
            if (first >= last) continue;
            fillParameter(*checkpoint, spec, places.pieces[i], first - spec.offset,
                          last - spec.offset, values.narrow(0, first - begin, last - first));
        }
        return values.to(options.device());
    };
}

at::Tensor namedTensor(const WeightPlaces& places, std::string_view name, const at::Tensor& flat) {
    std::int64_t scalars = 1;
    for (const std::int64_t size : places.tensors.find(name)->second) scalars *= size;
    at::Tensor whole = at::empty({scalars}, flat.options());
    for (std::size_t i = 0; i < places.parameters.size(); ++i) {
        const ParameterSpec& spec = places.parameters[i];
        const std::int64_t columns = columnsOf(spec);
        for (const WeightPiece& piece : places.pieces[i]) {
            if (piece.tensor != name) continue;
            const at::Tensor rows =
                flat.narrow(0, spec.offset + piece.firstRow * columns, piece.rows * columns);
            rowsInTensor(whole, piece, columns).copy_(rows.view({piece.rows, columns}));
        }
    }
    return whole;
}

std::vector<OutgoingTensor> namedGradients(const WeightPlaces& places, const at::Tensor& flat) {
    const std::set<std::string> untrained = untrainedTensors(places);
    std::vector<OutgoingTensor> tensors;
    for (const auto& [name, shape] : places.tensors)
        if (!untrained.contains(name))
            tensors.push_back(
                outgoing(places, name, shape, flat,
                         flat.scalar_type() == at::kDouble ? TensorType::F64 : TensorType::F32));
    return tensors;
}

std::vector<OutgoingTensor> namedWeights(const WeightPlaces& places, const at::Tensor& flat,
                                         TensorType type) {
    std::vector<OutgoingTensor> tensors;
    for (const auto& [name, shape] : places.tensors)
        tensors.push_back(outgoing(places, name, shape, flat, type));
    return tensors;
}

}  // namespace ringscope
