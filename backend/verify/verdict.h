// What a verification found out about one mode.
#pragma once

#include "backend/verify/judge.h"

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

using ResultNames = std::array<std::string_view, 5>;
inline constexpr ResultNames resultNames = {"out", "lse", "dq", "dk", "dv"};
// Where keys come of latents: the gradients of these, and of the weights that make heads of them.
inline constexpr ResultNames latentResultNames = {"out", "lse", "dq", "dlatent", "dweight"};

// One token of rank 0's shard was changed, and the outputs of all rows were looked at.
struct ProbeVerdict {
    std::int64_t token = 0;
    std::int64_t rowsChanged = 0;
    std::int64_t rowsMissed = 0;  // that attend to the token and did not change
    std::int64_t rowsLeaked = 0;  // that must not see the token and changed
    int ranksChanged = 0;         // with at least one changed row

    bool ok() const { return rowsMissed == 0 && rowsLeaked == 0 && rowsChanged > 0; }
    std::string text() const;  // "896 rows on 4 ranks"
};

struct ModeVerdict {
    std::string mode;
    int ranks = 1;
    bool ok = false;
    bool refused = false;  // before it was started: `reason` says why
    std::string reason{};  // why it is not ok; empty where it is
    bool latent = false;   // keys came of latents
    std::array<TensorVerdict, resultNames.size()> tensors{};
    bool judged = false;              // `tensors` and bytes hold something
    std::int64_t bytesSent = 0;       // by all ranks, one forward and one backward pass
    std::int64_t bytesPredicted = 0;  // by the schedule
    std::vector<int> ranksOffPlan{};  // that sent another number than their part of the schedule
    std::optional<ProbeVerdict> probe{};
    double seconds = 0;  // forward and backward, slowest rank
};

const ResultNames& namesOf(bool latent);

// Fills `ok` and `reason` from the figures.
void conclude(ModeVerdict& verdict);

// mode, ranks, ok, refused, reason, max_err{}, tolerance{}, worst_slice{}, bytes_sent,
// bytes_predicted, probe, seconds; figures that were not taken are null, and so is an infinite
// error.
nlohmann::json toJson(const ModeVerdict& verdict);
std::optional<ModeVerdict> verdictFromJson(const nlohmann::json& object);

}  // namespace ringscope
