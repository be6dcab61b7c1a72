// The optimizer's state of a rank's slice, in records of a file (memory.offload_optimizer). A step
// works through it piece by piece (backend/plan/optimizer_pieces.h): while one is computed the next
// is read and the last one is written.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/optimizer_pieces.h"
#include "kernels/model/parameters.h"
#include "kernels/train/adamw.h"
#include "kernels/train/optimizer_stretch.h"
#include "kernels/train/record_file.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

class OffloadedState {
public:
    // Elements `owned` of the parameters. Its records are those from number `first` on, one for
    // each piece, and are written here. Sums are in `sums`. The file must outlive it.
    OffloadedState(const Parameters& parameters, const BufferPart& owned, at::ScalarType sums,
                   std::vector<OptimizerPiece> pieces, const AdamWOptions& options,
                   RecordFile& file, std::size_t first);

    // As AdamW::step(). Where values have two bytes, what is rounded is their copy in the file.
    void step(at::Tensor& values, const at::Tensor& gradient, double factor, double lrShare);

    // The numbers of all elements. With StateUse::Change, values are what they round to then.
    Result<void> visitState(StateUse use, at::Tensor& values, const StateVisit& visit);
    std::int64_t steps() const { return pieces_.empty() ? 0 : pieces_.front().adam.steps(); }
    void setSteps(std::int64_t steps);

    // Adds to elements from `begin` of the slice on.
    void add(at::Tensor& values, std::int64_t begin, const at::Tensor& change);

private:
    struct Piece {
        OptimizerPiece part;
        AdamW adam;
        std::size_t record = 0;
    };
    at::Tensor copyIn(const at::Tensor& record, const Piece& piece) const;
    AdamWState stateIn(const at::Tensor& record, const Piece& piece) const;
    Result<void> visitPiece(Piece& piece, StateUse use, at::Tensor& values,
                            const StateVisit& visit);
    void step(Piece& piece, at::Tensor& values, const at::Tensor& gradient, double factor,
              double lrShare);

    std::vector<Piece> pieces_;
    RecordFile& file_;
    at::ScalarType sums_;
    bool copies_;
};

}  // namespace ringscope
