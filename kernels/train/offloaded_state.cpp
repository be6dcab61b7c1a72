#include "kernels/train/offloaded_state.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

at::Tensor numbersIn(const at::Tensor& record, std::int64_t begin, std::int64_t count,
                     at::ScalarType type) {
    const auto size = static_cast<std::int64_t>(c10::elementSize(type));
    return record.narrow(0, begin, count * size).view(type);
}

}  // namespace

OffloadedState::OffloadedState(const Parameters& parameters, const BufferPart& owned,
                               at::ScalarType sums, std::vector<OptimizerPiece> pieces,
                               const AdamWOptions& options, RecordFile& file, std::size_t first)
    : file_(file), sums_(sums), copies_(!parameters.areExact()) {
    for (OptimizerPiece& part : pieces) {
        AdamW adam(options, part.trained);
        Piece& piece = pieces_.emplace_back(Piece{std::move(part), std::move(adam), first++});
        const at::Tensor record = file_.create(piece.record);
        const auto& [begin, count] = piece.part.elements;
        if (copies_)
            copyIn(record, piece).copy_(parameters.exactValues(owned.begin + begin, count));
        file_.store(piece.record);
    }
}

at::Tensor OffloadedState::copyIn(const at::Tensor& record, const Piece& piece) const {
    return numbersIn(record, piece.part.record.at[StateRecord::Copy], piece.part.elements.count,
                     sums_);
}

AdamWState OffloadedState::stateIn(const at::Tensor& record, const Piece& piece) const {
    const MomentScalars moments = momentScalars(piece.part.trained);
    const auto in = [&](StateRecord::Section section, std::int64_t count, at::ScalarType type) {
        return numbersIn(record, piece.part.record.at[section], count, type);
    };
    return {.mean = in(StateRecord::Mean, moments.exact, sums_),
            .square = in(StateRecord::Square, moments.exact, sums_),
            .eightBit = {.mean = {in(StateRecord::MeanCodes, moments.eightBit, at::kByte),
                                  in(StateRecord::MeanScales, moments.blocks, at::kFloat)},
                         .square = {in(StateRecord::SquareCodes, moments.eightBit, at::kByte),
                                    in(StateRecord::SquareScales, moments.blocks, at::kFloat)}}};
}

void OffloadedState::step(Piece& piece, at::Tensor& values, const at::Tensor& gradient,
                          double factor, double lrShare) {
    at::Tensor record = file_.open(piece.record);
    if (piece.record + 1 < file_.size()) file_.fetch(piece.record + 1);
    const at::Tensor onDevice = record.to(values.device());  // the record itself on a CPU
    AdamWState state = stateIn(onDevice, piece);
    const auto& [begin, count] = piece.part.elements;
    at::Tensor own = values.narrow(0, begin, count);
    at::Tensor exact = copies_ ? copyIn(onDevice, piece) : own;
    piece.adam.step(state, exact, gradient.narrow(0, begin, count), factor, lrShare);
    if (copies_) own.copy_(exact);
    if (!onDevice.is_same(record)) record.copy_(onDevice);
    file_.store(piece.record);
}

void OffloadedState::step(at::Tensor& values, const at::Tensor& gradient, double factor,
                          double lrShare) {
    for (Piece& piece : pieces_) step(piece, values, gradient, factor, lrShare);
}

Result<void> OffloadedState::visitPiece(Piece& piece, StateUse use, at::Tensor& values,
                                        const StateVisit& visit) {
    at::Tensor record = file_.open(piece.record);
    const at::Tensor onDevice = record.to(values.device());  // the record itself on a CPU
    const auto& [begin, count] = piece.part.elements;
    const AdamWState state = stateIn(onDevice, piece);
    Result<void> visited;
    if (copies_)
        visited =
            visit(StateKind::Values, {.begin = begin, .count = count}, {copyIn(onDevice, piece)});
    if (visited.ok()) visited = visitMoments(piece.adam.stretches(state), begin, visit);
    if (use == StateUse::Read) {
        file_.drop(piece.record);
        return visited;
    }
    if (copies_) values.narrow(0, begin, count).copy_(copyIn(onDevice, piece));
    if (!onDevice.is_same(record)) record.copy_(onDevice);
    file_.store(piece.record);
    return visited;
}

Result<void> OffloadedState::visitState(StateUse use, at::Tensor& values, const StateVisit& visit) {
    if (!copies_) RINGSCOPE_CHECK(visit(StateKind::Values, {.count = values.numel()}, {values}));
    for (Piece& piece : pieces_) RINGSCOPE_CHECK(visitPiece(piece, use, values, visit));
    return {};
}

void OffloadedState::setSteps(std::int64_t steps) {
    for (Piece& piece : pieces_) piece.adam.setSteps(steps);
}

void OffloadedState::add(at::Tensor& values, std::int64_t begin, const at::Tensor& change) {
    if (!copies_) {
        values.narrow(0, begin, change.numel()).add_(change);
        return;
    }
    for (const Piece& piece : pieces_) {
        const auto& [elements, count] = piece.part.elements;
        const std::int64_t first = std::max(elements, begin);
        const std::int64_t end = std::min(elements + count, begin + change.numel());
        if (first >= end) continue;
        at::Tensor exact =
            copyIn(file_.open(piece.record), piece).narrow(0, first - elements, end - first);
        exact.add_(change.narrow(0, first - begin, end - first).to(exact.device()));
        values.narrow(0, first, end - first).copy_(exact);
        file_.store(piece.record);
    }
}

}  // namespace ringscope
