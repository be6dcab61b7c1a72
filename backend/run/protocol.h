// The messages between the controller, an agent and a rank: JSON objects, one a line, each with
// "v" (the version) and "type". A line that is not such an object is a log line, never an error.
//
//   controller -> agent   start {run, program, ranks[{rank, arguments[]}], environment{}, job{},
//                                traces, secret, address}
//                         rendezvous {host, port}       passed on to every rank of the agent
//                         stop  {grace_ms}              end the ranks
//                         ping  {id}
//                         listen {address}              on a port of its own, for a test
//                         reach {host, port}            connect to it, for a test
//   agent -> rank         job {job{}, secret}           first line of a rank's standard input
//                         rendezvous {host, port}       not sent to rank 0, which made it
//                         end of input: the agent is gone, the rank ends itself
//   rank -> agent         rendezvous {rank, port}       rank 0 only: its store listens there
//                         hello {rank, pid, device, versions, plan, data}   in the group with all
//                         step  {rank, step, loss, grad_norm, duration_ns, tokens}
//                         routing {rank, step, layer, use[]}   of a layer with experts
//                         validation {rank, step, loss, tokens}   after a step, over all ranks
//                         done  {rank, steps, peak_bytes, attention_bytes_per_step, …}
//                         error {rank, message}         the last event of a rank that cannot go on
//                         log   {rank, message}
//                         place {rank, step, layer, ring_step, peer, pass, operation, waits,
//                                changes, processor_ns}   where it is, about once a second
//                         turn {rank, mode}             of a verification: the mode begins
//                         verdict {rank, mode, verdict{}}   and what was found out about it
//                         evaluated {rank, loss, labelled_tokens}   of an evaluation
//                         tokens {rank, text_number, tokens[], text, ended}   of a generation
//                         generated {rank, prompt_tokens, tokens, first_ns, total_ns, cache_bytes}
//   agent -> controller   hello {host, pid, version, clock}
//                         machine {machine, processor, cores, memory, …}   upon start
//                         started {rank, pid}
//                         rank  {event{}}               what a rank printed, an event
//                         printed {rank, stream, line}  what a rank printed, anything else
//                         exit  {rank, code, signal, want_of_memory}
//                         pong  {id, monotonic_ns, utc_ns}
//                         trace {rank, offset, data}    of a rank's trace, before its exit; Base64
//                         listening {port, problem}     the answers to listen and reach; no
//                         reached {problem}             problem: it worked
//                         error {message}               the start could not be done
//
// A rank is started as
//   ringscope-rank --run ID --rank R --world N --local-rank L --address A
// where A is the address at which the other ranks reach it, and with --verify where its job is a
// verification, with --evaluate where it is an evaluation, --generate where it is a generation.
//
// The parse functions never throw. They return nothing for a line that is not a frame of this
// version.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringscope {

inline constexpr int protocolVersion = 2;

// --- what a run's ranks are started for ------------------------------------------------------
struct Training {
    std::string configYaml;     // an experiment file with one run
    std::string weights{};      // folder that rank 0 writes the weights into; empty: not kept
    std::string checkpoints{};  // folder for those of checkpoint.every; empty: none are written
    std::string resume{};       // the checkpoint that the training goes on from; empty: none
};
struct Verification {
    std::string request;  // JSON: a VerifyRequest (backend/verify/verify_request.h)
};
struct Evaluation {
    std::string configYaml;  // an experiment file with one run, whose first batch is evaluated
    std::string dump;        // folder for what rank 0 finds; it must exist
    bool gradients = false;  // of every parameter, too
};
struct Generation {
    std::string configYaml;  // an experiment file with one run, whose sequence is the prompt
    std::string request;     // JSON: a GenerationRequest (backend/generate/generation_request.h)
};
using Job = std::variant<Training, Verification, Evaluation, Generation>;

// --- rank -> agent -------------------------------------------------------------------------
struct RankHello {
    int rank = 0;
    std::int64_t pid = 0;
    std::string device;    // "cpu", "cuda:0"
    std::string versions;  // "torch 2.11.0, gloo"
    std::string plan{};    // planHash() of a training; empty: not told
    std::string data{};    // hash of the tokens of a training; empty: not told
};
struct RankStep {
    int rank = 0;
    StepRecord step;
};
// Rank 0 tells it of a few steps (keepsRouting()), over all ranks.
struct RankRouting {
    int rank = 0;
    RoutingRecord routing;
};
// Rank 0 tells it.
struct RankValidation {
    int rank = 0;
    ValidationRecord validation;
};
struct RankDone {
    int rank = 0;
    std::int64_t steps = 0;
    Bytes peakMemory{};
    Bytes attentionBytesPerStep{};
    Bytes gradientBytesPerStep{};
    Bytes expertBytesPerStep{};  // the mean of its steps
    std::string ended{};         // why before train.steps, a sentence; empty: it did them all
};
struct RankError {
    int rank = 0;
    std::string message;
};
struct RankLog {
    int rank = 0;
    std::string message;
};
// A place in a training, with the words of backend/trace/span.h. -1 where there is no such thing.
struct RankPlace {
    int rank = 0;
    std::int64_t step = 0;
    int layer = -1;
    int ringStep = -1;
    int peer = -1;
    std::string pass{};
    std::string operation{};
    bool waits = false;        // for other ranks
    std::int64_t changes = 0;  // places so far: the rank moves while this grows
    Nanos processorTime{};     // of the process, since its start
};
struct RankTurn {
    int rank = 0;
    std::string mode{};
};
struct RankVerdict {
    int rank = 0;
    std::string mode{};
    std::string verdict{};  // JSON: a ModeVerdict (backend/verify/verdict.h)
};
struct RankEvaluated {
    int rank = 0;
    double loss = 0;  // summed over labelled tokens
    std::int64_t labelledTokens = 0;
};
// Rank 0 tells it of the texts that go on from a prompt, as they grow.
struct RankTokens {
    int rank = 0;
    int textNumber = 0;  // of several that go on from the prompt
    std::vector<std::int64_t> tokens{};
    std::string text{};   // whole characters; what is not sure yet comes with a later one
    std::string ended{};  // why the text ends here; empty: it goes on
};
struct RankGenerated {
    int rank = 0;
    std::int64_t promptTokens = 0;
    std::int64_t tokens = 0;  // that were made, of all texts
    Nanos first{};            // from the prompt to the first token
    Nanos total{};            // to the last one
    Bytes cache{};            // keys and values, of this rank
};
struct RankRendezvous {
    int rank = 0;
    int port = 0;
};
using RankEvent = std::variant<RankRendezvous, RankHello, RankStep, RankDone, RankError, RankLog,
                               RankPlace, RankTurn, RankVerdict, RankEvaluated, RankRouting,
                               RankValidation, RankTokens, RankGenerated>;

std::string toLine(const RankEvent& event);  // without the newline
std::optional<RankEvent> parseRankEvent(std::string_view line);
int rankOf(const RankEvent& event);

// --- controller -> agent -------------------------------------------------------------------
struct StartRanks {
    RunId run;
    std::string program;  // empty: ringscope-rank beside the agent
    struct Process {
        int rank = 0;
        std::vector<std::string> arguments;
    };
    std::vector<Process> ranks;
    std::map<std::string, std::string> environment;  // added to the agent's own
    Job job{};                                       // of every rank
    std::string secret{};     // of the run: ranks seal with it what they tell each other
    bool sendTraces = false;  // ranks record into a folder of the agent, which sends the files
    std::string address{};    // at which other ranks reach these; may be left out
};
struct Rendezvous {
    std::string host;
    int port = 0;
};
struct StopRanks {
    std::int64_t graceMs = 5000;  // from asking a rank (SIGTERM) to insisting (SIGKILL)
};
struct Ping {
    std::int64_t id = 0;
};
struct ListenAt {
    std::string address;  // one of the host's own
};
struct Reach {
    std::string host;
    int port = 0;
};
using AgentCommand = std::variant<StartRanks, Rendezvous, StopRanks, Ping, ListenAt, Reach>;

std::string toLine(const AgentCommand& command);
std::optional<AgentCommand> parseAgentCommand(std::string_view line);

// --- agent -> rank -------------------------------------------------------------------------
struct RankJob {
    Job job;
    std::string secret{};  // of the start frame
};
using RankCommand = std::variant<RankJob, Rendezvous>;

std::string toLine(const RankCommand& command);
std::optional<RankCommand> parseRankCommand(std::string_view line);

// --- agent -> controller -------------------------------------------------------------------
struct AgentHello {
    std::string host;
    std::int64_t pid = 0;
    std::string version;
    std::string clock{};  // names CLOCK_MONOTONIC: equal where two hosts share it; empty: not told
};
struct AgentMachine {
    HostFacts facts;  // `host` stays empty: only the controller knows how the run names it
};
struct RankStarted {
    int rank = 0;
    std::int64_t pid = 0;
};
struct RankSaid {
    RankEvent event;
};
struct RankPrinted {
    int rank = 0;
    std::string stream;  // "out", "err"
    std::string line;
};
struct RankExited {
    int rank = 0;
    int code = 0;  // meaningful where signal is 0
    int signal = 0;
    bool wantOfMemory = false;  // the host's kernel ended it, or another, because memory ran out
};
struct Pong {
    std::int64_t id = 0;
    std::int64_t monotonicNs = 0;
    std::int64_t utcNs = 0;
};
struct TraceChunk {
    int rank = 0;
    std::int64_t offset = 0;  // of the first byte, in the file
    std::string data;         // Base64; the file itself holds the checksums
};
struct Listening {
    int port = 0;
    std::string problem;
};
struct Reached {
    std::string problem;
};
struct AgentError {
    std::string message;
};
using AgentFrame = std::variant<AgentHello, AgentMachine, RankStarted, RankSaid, RankPrinted,
                                RankExited, Pong, TraceChunk, Listening, Reached, AgentError>;

std::string toLine(const AgentFrame& frame);
std::optional<AgentFrame> parseAgentFrame(std::string_view line);

// The version of a line that is a frame of another version than ours. Both ends of a channel must
// be of the same version; whoever receives such a line should tell the user.
std::optional<int> foreignVersion(std::string_view line);

// A recorded line of an older version as this version writes it; any other line as it is. For
// readers of recordings only: a program must not go on with a peer of another version.
std::string currentLine(std::string_view line);

// "SIGKILL" for 9; "signal 64" where there is no name.
std::string signalName(int signal);

}  // namespace ringscope
