// Validations of a run: when one is due, and whether what it finds ends the run (train.stop_loss,
// train.stop_patience). All ranks find the same loss, so all come to the same end.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/run/training_checkpoint.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ringscope {

class Validation {
public:
    // On so many batches of `tokens` tokens that are kept out; fails where these are too few for a
    // batch. train.steps are those that the run will do.
    static Result<Validation> make(const TrainConfig& train, std::int64_t tokens,
                                   std::int64_t batches);

    // After train.validate_every steps each, and after the last one.
    bool isDueAfter(std::int64_t step) const;
    std::int64_t batches() const { return batches_; }

    // Takes in what a validation found. Returns why the run ends with it, a sentence; else nothing.
    std::string add(const ValidationRecord& found);

    // A run that goes on counts from where the one before was.
    const std::optional<BestValidation>& best() const { return best_; }
    void goOnFrom(const std::optional<BestValidation>& best) { best_ = best; }

private:
    Validation(const TrainConfig& train, std::int64_t batches) : train_(train), batches_(batches) {}

    TrainConfig train_;
    std::int64_t batches_ = 0;  // 0: nothing is kept out
    std::optional<BestValidation> best_{};
};

}  // namespace ringscope
