// Serves a model over HTTP, in the form of OpenAI's API.
//
//     clients --HTTP--> this program: one thread for all of them, others tokenize
//                          | a socket of this machine (backend/generate/serving.h)
//                       a rank behind the agent: one thread that computes, for all texts together
//
// The rank is started, watched and ended as that of any run; only texts go past the agent.
#pragma once

#include "backend/core/result.h"
#include "backend/generate/serving.h"
#include "backend/plan/run_plan.h"
#include "backend/run/transport.h"
#include "backend/serve/api_request.h"
#include "backend/serve/served_model.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace ringscope {

struct ServeSettings {
    std::string host{"127.0.0.1"};
    std::uint16_t port = 8000;                   // 0: any free one
    std::string key{};                           // that clients must send; empty: none
    std::int64_t queue = 256;                    // texts that wait for room, at most
    std::int64_t body = std::int64_t{4} << 20;   // bytes of a request
    std::chrono::milliseconds patience{30'000};  // with a slow client
    ServedModel model{};
    ApiLimits limits{};
    ServingJob job{};  // what fits; socket and secret are made here
};

// What is told while it serves, on any thread, and maybe at once.
struct ServeReports {
    std::function<void(const ServingReady& ready, std::uint16_t port)> ready;
    std::function<void(std::string_view line)> logLine;  // of the rank
    std::function<void(std::int64_t texts)> draining;    // that are still made
};

// Blocks until `stop` and the end of all requests that were accepted before. From then on new ones
// are answered with 503. Fails where it cannot listen, where the key is missing for an address that
// others reach, and where the rank ends.
Result<void> serve(const ServeSettings& settings, const RunPlan& plan, Transport& transport,
                   std::stop_token stop, const ServeReports& reports);

}  // namespace ringscope
