// What is to be verified, and what the ranks are told of it.
//
//     VerifyRequest request{.problem = problem, .modes = {"ring", "zigzag"}, .ranks = 4};
//     planMode(*findMode("ring"), request)      the schedule, or why the engine refuses
//     requestText(request)                      the ranks' configuration
#pragma once

#include "backend/config/choices.h"
#include "backend/core/result.h"
#include "backend/plan/layout_choice.h"
#include "backend/verify/attention_case.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct VerifyRequest {
    AttentionCase problem{};
    std::vector<std::string> modes{};  // names of rows of the mode table
    int ranks = 4;
    LayoutChoice layout{};                    // its tokens are the problem's
    DeviceChoice device = DeviceChoice::Cpu;  // of the ranks; the reference is the CPU's
    std::string dump{};                       // folder that gets the arrays, absolute; empty: none
};

// "parallel.layout=zigzag", or parallel.token_order or parallel.image; an Error is one sentence.
Result<void> readLayoutSetting(std::string_view text, VerifyRequest& request);

// Ranks that compute `mode`: those asked for, or one.
int ranksOf(const Mode& mode, int ranks);

// The schedule of one layer, or the reason why the engine cannot compute it. It holds padding
// where the mode cannot cut the problem's tokens into equal parts.
Result<Schedule> planMode(const Mode& mode, const VerifyRequest& request);

// Longer than one mode takes on a slow machine: ranks that are silent for so long are stuck.
std::chrono::milliseconds patience(const AttentionCase& problem);

// One line, and back; nothing where the text is not one.
std::string requestText(const VerifyRequest& request);
std::optional<VerifyRequest> requestFromText(std::string_view text);

}  // namespace ringscope
