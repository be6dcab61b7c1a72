#include "backend/run/validation.h"

#include <fmt/format.h>
#include <limits>

namespace ringscope {

Result<Validation> Validation::make(const TrainConfig& train, std::int64_t tokens,
                                    std::int64_t batches) {
    if (tokens > 0 && batches == 0)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("data.validation keeps {} {} out of training, too few for a "
                                 "label; use a larger share, or more data",
                                 tokens, tokens == 1 ? "token" : "tokens")};
    return Validation(train, batches);
}

bool Validation::isDueAfter(std::int64_t step) const {
    if (batches_ == 0) return false;
    const std::int64_t done = step + 1;
    return done == train_.steps || (train_.validateEvery > 0 && done % train_.validateEvery == 0);
}

std::string Validation::add(const ValidationRecord& found) {
    const std::int64_t done = found.step + 1;
    const auto ends = [&](const std::string& why) {
        return done == train_.steps
                   ? std::string()
                   : fmt::format("{}; the run ended after {} of {} steps", why, done, train_.steps);
    };
    if (train_.stopLoss && found.loss <= *train_.stopLoss)
        return ends(fmt::format("train.stop_loss {}: the validation after step {} has loss {:.6g}",
                                *train_.stopLoss, found.step, found.loss));
    // Of a loss that is no number, the largest one stands in.
    if (!best_) best_ = BestValidation{.loss = std::numeric_limits<double>::max()};
    if (found.loss < best_->loss) {
        best_ = BestValidation{.loss = found.loss, .step = found.step};
        return {};
    }
    ++best_->since;
    if (!train_.stopPatience || best_->since < *train_.stopPatience) return {};
    return ends(
        fmt::format("train.stop_patience {}: no validation had a lower loss than {:.6g}, "
                    "after step {}",
                    *train_.stopPatience, best_->loss, best_->step));
}

}  // namespace ringscope
