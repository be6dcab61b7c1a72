// Every frame of protocol.h: its "type" and its members, each spelled once here.
#pragma once

#include "backend/run/frame_json.h"
#include "backend/run/protocol.h"

#include <cstdint>
#include <type_traits>
#include <vector>

namespace ringscope::wire {

template <typename Frame>
struct Wire;

// clang-format off
template <> struct Wire<RankHello> {
    static constexpr const char* type = "hello";
    static void members(auto& io, auto& hello) {
        io("rank", hello.rank);
        io("pid", hello.pid);
        io("device", hello.device);
        io("versions", hello.versions);
        io("plan", hello.plan);
        io.optional("data", hello.data);
    }
};
template <> struct Wire<RankStep> {
    static constexpr const char* type = "step";
    static void members(auto& io, auto& event) {
        io("rank", event.rank);
        io("step", event.step.step);
        io("loss", event.step.loss);
        io("grad_norm", event.step.gradNorm);
        io("duration_ns", event.step.duration);
        io("tokens", event.step.tokens);
    }
};
template <> struct Wire<RankRouting> {
    static constexpr const char* type = "routing";
    static void members(auto& io, auto& event) {
        io("rank", event.rank);
        io("step", event.routing.step);
        io("layer", event.routing.layer);
        io("use", event.routing.use);
    }
};
template <> struct Wire<RankValidation> {
    static constexpr const char* type = "validation";
    static void members(auto& io, auto& event) {
        io("rank", event.rank);
        io("step", event.validation.step);
        io("loss", event.validation.loss);
        io("tokens", event.validation.tokens);
        std::vector<std::int64_t> recall = recallNumbers(event.validation.recall);
        io.optional("recall", recall);
        if constexpr (!std::is_const_v<std::remove_reference_t<decltype(event)>>) {
            const auto ranges = recallFrom(recall);
            ranges ? void(event.validation.recall = *ranges) : io.refuse();
        }
    }
};
template <> struct Wire<RankDone> {
    static constexpr const char* type = "done";
    static void members(auto& io, auto& done) {
        io("rank", done.rank);
        io("steps", done.steps);
        io("peak_bytes", done.peakMemory);
        io("attention_bytes_per_step", done.attentionBytesPerStep);
        io("gradient_bytes_per_step", done.gradientBytesPerStep);
        io.optional("expert_bytes_per_step", done.expertBytesPerStep);
        io.optional("ended", done.ended);
    }
};
template <> struct Wire<RankError> {
    static constexpr const char* type = "error";
    static void members(auto& io, auto& error) {
        io("rank", error.rank);
        io("message", error.message);
    }
};
template <> struct Wire<RankLog> {
    static constexpr const char* type = "log";
    static void members(auto& io, auto& log) {
        io("rank", log.rank);
        io("message", log.message);
    }
};
template <> struct Wire<RankPlace> {
    static constexpr const char* type = "place";
    static void members(auto& io, auto& place) {
        io("rank", place.rank);
        io("step", place.step);
        io.unlessNegative("layer", place.layer);
        io.unlessNegative("ring_step", place.ringStep);
        io.unlessNegative("peer", place.peer);
        io("pass", place.pass);
        io("operation", place.operation);
        io("waits", place.waits);
        io("changes", place.changes);
        io("processor_ns", place.processorTime);
    }
};
template <> struct Wire<RankTurn> {
    static constexpr const char* type = "turn";
    static void members(auto& io, auto& turn) {
        io("rank", turn.rank);
        io("mode", turn.mode);
    }
};
template <> struct Wire<RankVerdict> {
    static constexpr const char* type = "verdict";
    static void members(auto& io, auto& verdict) {
        io("rank", verdict.rank);
        io("mode", verdict.mode);
        io.jsonObject("verdict", verdict.verdict);
    }
};
template <> struct Wire<RankEvaluated> {
    static constexpr const char* type = "evaluated";
    static void members(auto& io, auto& evaluated) {
        io("rank", evaluated.rank);
        io("loss", evaluated.loss);
        io("labelled_tokens", evaluated.labelledTokens);
    }
};
template <> struct Wire<RankTokens> {
    static constexpr const char* type = "tokens";
    static void members(auto& io, auto& told) {
        io("rank", told.rank);
        io("text_number", told.textNumber);
        io("tokens", told.tokens);
        io("text", told.text);
        io("ended", told.ended);
    }
};
template <> struct Wire<RankGenerated> {
    static constexpr const char* type = "generated";
    static void members(auto& io, auto& generated) {
        io("rank", generated.rank);
        io("prompt_tokens", generated.promptTokens);
        io("tokens", generated.tokens);
        io("first_ns", generated.first);
        io("total_ns", generated.total);
        io("cache_bytes", generated.cache);
    }
};
template <> struct Wire<RankRendezvous> {
    static constexpr const char* type = "rendezvous";
    static void members(auto& io, auto& rendezvous) {
        io("rank", rendezvous.rank);
        io("port", rendezvous.port);
    }
};

// The alternatives of a job; "type" says which.
template <> struct Wire<Training> {
    static constexpr const char* type = "training";
    static void members(auto& io, auto& training) {
        io("config", training.configYaml);
        io.optional("weights", training.weights);
        io.optional("checkpoints", training.checkpoints);
        io.optional("resume", training.resume);
    }
};
template <> struct Wire<Verification> {
    static constexpr const char* type = "verification";
    static void members(auto& io, auto& verification) {
        io.jsonObject("request", verification.request);
    }
};

template <> struct Wire<Evaluation> {
    static constexpr const char* type = "evaluation";
    static void members(auto& io, auto& evaluation) {
        io("config", evaluation.configYaml);
        io("dump", evaluation.dump);
        io("gradients", evaluation.gradients);
    }
};

template <> struct Wire<Generation> {
    static constexpr const char* type = "generation";
    static void members(auto& io, auto& generation) {
        io("config", generation.configYaml);
        io.jsonObject("request", generation.request);
    }
};

void jobMember(Writer& io, const Job& job);
void jobMember(Reader& io, Job& job);

template <> struct Wire<StartRanks::Process> {  // part of a start frame, without a type
    static void members(auto& io, auto& process) {
        io("rank", process.rank);
        io("arguments", process.arguments);
    }
};
template <> struct Wire<StartRanks> {
    static constexpr const char* type = "start";
    static void members(auto& io, auto& start) {
        io("run", start.run.text);
        io("program", start.program);
        processes(io, start.ranks);
        io("environment", start.environment);
        jobMember(io, start.job);
        io("traces", start.sendTraces);
        io.optional("secret", start.secret);
        io.optional("address", start.address);
    }
    static void processes(Writer& io, const std::vector<StartRanks::Process>& ranks);
    static void processes(Reader& io, std::vector<StartRanks::Process>& ranks);
};
template <> struct Wire<Rendezvous> {
    static constexpr const char* type = "rendezvous";
    static void members(auto& io, auto& rendezvous) {
        io("host", rendezvous.host);
        io("port", rendezvous.port);
    }
};
template <> struct Wire<StopRanks> {
    static constexpr const char* type = "stop";
    static void members(auto& io, auto& stop) { io("grace_ms", stop.graceMs); }
};
template <> struct Wire<Ping> {
    static constexpr const char* type = "ping";
    static void members(auto& io, auto& ping) { io("id", ping.id); }
};

template <> struct Wire<ListenAt> {
    static constexpr const char* type = "listen";
    static void members(auto& io, auto& listen) { io("address", listen.address); }
};
template <> struct Wire<Reach> {
    static constexpr const char* type = "reach";
    static void members(auto& io, auto& reach) {
        io("host", reach.host);
        io("port", reach.port);
    }
};

template <> struct Wire<RankJob> {
    static constexpr const char* type = "job";
    static void members(auto& io, auto& command) {
        jobMember(io, command.job);
        io.optional("secret", command.secret);
    }
};

template <> struct Wire<AgentHello> {
    static constexpr const char* type = "hello";
    static void members(auto& io, auto& hello) {
        io("host", hello.host);
        io("pid", hello.pid);
        io("version", hello.version);
        io.optional("clock", hello.clock);
    }
};
template <> struct Wire<AgentMachine> {
    static constexpr const char* type = "machine";
    static void members(auto& io, auto& machine) {
        io("machine", machine.facts.machine);
        io("processor", machine.facts.processor);
        io("cores", machine.facts.cores);
        io("memory", machine.facts.memory);
        io("system", machine.facts.system);
        io("gpus", machine.facts.gpus);
        io("driver", machine.facts.driver);
        io("interface", machine.facts.interface);
    }
};
template <> struct Wire<RankStarted> {
    static constexpr const char* type = "started";
    static void members(auto& io, auto& started) {
        io("rank", started.rank);
        io("pid", started.pid);
    }
};
template <> struct Wire<RankSaid> {
    static constexpr const char* type = "rank";
    static void members(auto& io, auto& said) { event(io, said.event); }
    static void event(Writer& io, const RankEvent& event);
    static void event(Reader& io, RankEvent& event);
};
template <> struct Wire<RankPrinted> {
    static constexpr const char* type = "printed";
    static void members(auto& io, auto& printed) {
        io("rank", printed.rank);
        io("stream", printed.stream);
        io("line", printed.line);
    }
};
template <> struct Wire<RankExited> {
    static constexpr const char* type = "exit";
    static void members(auto& io, auto& exited) {
        io("rank", exited.rank);
        io("code", exited.code);
        io("signal", exited.signal);
        io.optional("want_of_memory", exited.wantOfMemory);
    }
};
template <> struct Wire<Pong> {
    static constexpr const char* type = "pong";
    static void members(auto& io, auto& pong) {
        io("id", pong.id);
        io("monotonic_ns", pong.monotonicNs);
        io("utc_ns", pong.utcNs);
    }
};
template <> struct Wire<TraceChunk> {
    static constexpr const char* type = "trace";
    static void members(auto& io, auto& chunk) {
        io("rank", chunk.rank);
        io("offset", chunk.offset);
        io("data", chunk.data);
    }
};
template <> struct Wire<Listening> {
    static constexpr const char* type = "listening";
    static void members(auto& io, auto& listening) {
        io("port", listening.port);
        io("problem", listening.problem);
    }
};
template <> struct Wire<Reached> {
    static constexpr const char* type = "reached";
    static void members(auto& io, auto& reached) { io("problem", reached.problem); }
};
template <> struct Wire<AgentError> {
    static constexpr const char* type = "error";
    static void members(auto& io, auto& error) { io("message", error.message); }
};
// clang-format on

}  // namespace ringscope::wire
