// What `ringscope serve` and the rank that computes for it tell each other: JSON objects, one a
// line, over a socket of this machine. The rank's job has the socket's path and a secret.
//
//   rank -> front    ready {secret, …}                 first: what fits
//   front -> rank    begin {id, number, request}       a text that is to go on
//                    leave {id}                        nobody wants it any more
//   rank -> front    step  {growths[{id, tokens[], text, ended, problem}], …}   a step was done
//   end of input     the rank ends
//
// The parse functions never throw; they return nothing for a line that is none of these.
#pragma once

#include "backend/core/units.h"
#include "backend/generate/generation_request.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringscope {

// The rank's job, in the place of a GenerationRequest.
struct ServingJob {
    std::string socket{};  // the front listens there
    std::string secret{};
    std::string tokenizer{};          // its name (tokenizer.h); empty: ids alone
    Bytes cache{};                    // of keys and values, at most
    int texts = 64;                   // at once
    std::int64_t promptTokens = 256;  // of prompts, that a step reads at most
    std::int64_t longest = 0;  // tokens of a text; 0: as many as the model and the cache allow
};

std::string servingJobText(const ServingJob& job);
std::optional<ServingJob> servingJobFromText(std::string_view text);

struct ServingBegin {
    std::int64_t id = 0;
    int number = 0;  // among the texts of a request: each draws its own tokens
    GenerationRequest request{};
};
struct ServingLeave {
    std::int64_t id = 0;
};
using ServingCommand = std::variant<ServingBegin, ServingLeave>;

struct ServingReady {
    std::string secret{};
    std::int64_t longest = 0;   // tokens of a text, at most: the prompt and the new ones
    std::int64_t capacity = 0;  // tokens of all texts
    Bytes cache{};              // as it was allocated
};
// What a text has more than before.
struct ServingGrowth {
    std::int64_t id = 0;
    std::vector<std::int64_t> tokens{};
    std::string text{};     // whole characters; what is not sure yet comes with a later one
    std::string ended{};    // endedByLength, …; empty: it goes on
    std::string problem{};  // why it cannot go on; it has ended then
};
struct ServingStep {
    std::vector<ServingGrowth> growths{};
    Nanos duration{};           // 0: nothing was computed
    std::int64_t read = 0;      // tokens of prompts
    std::int64_t found = 0;     // and those whose keys an earlier text had left
    std::int64_t running = 0;   // texts that have room in the cache, after the step
    std::int64_t waiting = 0;   // and that wait for it
    std::int64_t reserved = 0;  // tokens of the cache
    std::int64_t kept = 0;      // of texts that have ended, where room is left
};
using ServingEvent = std::variant<ServingReady, ServingStep>;

std::string toLine(const ServingCommand& command);  // without the newline
std::string toLine(const ServingEvent& event);
std::optional<ServingCommand> parseServingCommand(std::string_view line);
std::optional<ServingEvent> parseServingEvent(std::string_view line);

}  // namespace ringscope
