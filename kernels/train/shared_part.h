// A part of the parameters that several ranks hold alike, and what of it this rank has in memory
// (memory.zero). Each rank owns a slice; at level 0 it owns all.
//
//   level   always held          held while in use
//   0, 1    values, gradients
//   2       values               gradients: from openGradients() until they are summed
//   3       the owned slice      gradients; values: from useValues() to dropValues()
//
// With memory.offload_parameters the owned slice is a record of a file, and in memory only until it
// is gathered, and while it is updated.
//
//   summedGradient   of the owned scalars, over ranks    reduce-scatter; at 0 all-gather behind it
//   shareValues      what the optimizer made, to all     all-gather; at 0 and 3 nothing is sent
//
// A frozen part has values alone: what is about its gradients does nothing.
//
// All ranks of the group must call the same in the same order. Where the group has one rank, all is
// held at every level, but for values that are in a file.
#pragma once

#include "backend/model/parameter_share.h"
#include "kernels/comm/group.h"
#include "kernels/model/parameters.h"
#include "kernels/train/record_file.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ringscope {

// Where owned values are.
struct ValueRecord {
    RecordFile* file = nullptr;  // not set: in memory
    std::size_t index = 0;
};

class SharedPart {
public:
    // The part must hold group.size() slices, and where the level divides it, or it is in a file,
    // be one of the parameters' own. Parameters, group and file must outlive it. Writes the record.
    SharedPart(const Parameters& parameters, const BufferPart& part, Group& group,
               std::int64_t level, const ValueRecord& record = {});

    bool isFrozen() const { return !gradients_.defined(); }

    const BufferPart& span() const { return span_; }
    BufferPart owned() const;  // of the range that the parameters lie in
    // Whether of those ranks that own the same, this one is the first.
    bool ownsFirst() const { return level_ != 0 || group_.rank() == 0; }

    void readAhead();    // of owned values in a file, for the next call that needs them
    void fetchValues();  // starts; useValues() waits for it
    void useValues();
    void dropValues();

    void clearGradients();  // before the first batch of a step
    void openGradients();
    void closeGradients();   // starts the sum over ranks; settleGradients() waits for it
    void settleGradients();  // before another part is closed

    // Of the step so far, valid until the next step: of the rank's slice, for norms; and of all
    // that it owns.
    const at::Tensor& summedSlice();
    at::Tensor summedGradient() const;

    // The owned values, to change them until storeValues(), or to read them until closeValues().
    at::Tensor openValues();
    void storeValues();
    void closeValues();
    // New ones to all. Must be called also where none are new, so that what a step sends does not
    // depend on its numbers.
    void shareValues();

private:
    bool dividesValues() const { return level_ == 3; }
    bool dividesGradients() const { return level_ >= 2; }
    bool isInFile() const { return record_.file != nullptr; }
    bool comeAndGo() const { return dividesValues() || isInFile(); }
    void holdAll();
    void writeInitialValues();
    at::Tensor readRecord();
    BufferPart slice() const;
    at::Tensor ofSlice(const at::Tensor& whole) const;

    const Parameters& parameters_;
    BufferPart span_;
    Group& group_;
    std::int64_t level_;
    ValueRecord record_;
    at::Tensor values_;     // of the part; without memory between uses at level 3, or in a file
    at::Tensor gradients_;  // of the part; without memory between uses from level 2 on
    at::Tensor ownValues_;  // (slice) at level 3; of a file: while they are gathered or changed
    at::Tensor slice_;      // (slice) summed gradients
    at::Tensor outgoing_;   // (slice) values that shareValues() sends
    at::Tensor incoming_;   // (slice) sums that are on their way
    bool summed_ = false;   // slice_ holds sums of a batch of this step
    std::unique_ptr<Pending> gathering_;
    std::unique_ptr<Pending> reducing_;
};

}  // namespace ringscope
