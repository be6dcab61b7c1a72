#include "kernels/verify/verify_program.h"

#include "backend/verify/judge.h"
#include "backend/verify/verdict.h"
#include "backend/verify/verify_request.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/rank_link.h"
#include "kernels/verify/layer_run.h"
#include "kernels/verify/probe.h"
#include "kernels/verify/tensor_dump.h"

#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds progressInterval{250};
constexpr std::int64_t meteredTokens = 512;  // made fp64 at once
constexpr std::array resultMembers = {&CaseResults::out, &CaseResults::lse, &CaseResults::dq,
                                      &CaseResults::dk, &CaseResults::dv};
static_assert(resultMembers.size() == resultNames.size());

using Meters = std::vector<ErrorMeter>;  // in the order of resultNames

ErrorMeter measure(const at::Tensor& reference, const at::Tensor& result) {
    ErrorMeter meter(reference.size(1));
    const std::int64_t tokens = reference.size(1);
    for (std::int64_t item = 0; item < reference.size(0); ++item) {
        for (std::int64_t first = 0; first < tokens; first += meteredTokens) {
            const std::int64_t count = std::min(meteredTokens, tokens - first);
            const auto rows = [&](const at::Tensor& tensor) {
                return tensor.select(0, item).narrow(0, first, count).to(at::kDouble).contiguous();
            };
            const at::Tensor expected = rows(reference);
            const at::Tensor actual = rows(result);
            meter.add({.firstToken = first,
                       .tokens = count,
                       .width = static_cast<std::size_t>(expected.numel() / count)},
                      expected.const_data_ptr<double>(), actual.const_data_ptr<double>());
        }
    }
    return meter;
}

Meters measureAll(const CaseResults& reference, const CaseResults& results) {
    Meters meters;
    for (const auto member : resultMembers)
        meters.push_back(measure(reference.*member, results.*member));
    return meters;
}

CaseResults onHost(CaseResults results) {
    for (const auto member : resultMembers) results.*member = (results.*member).cpu();
    return results;
}

std::optional<VerifyRequest> requestOf(const Job& job) {
    const auto* verification = std::get_if<Verification>(&job);
    return verification == nullptr ? std::nullopt : requestFromText(verification->request);
}

const Mode& unshardedMode() { return *std::ranges::find(modeTable(), false, &Mode::sharded); }

// What rank 0 judges the modes by.
struct Expected {
    PatternMask pattern;
    CaseInputs inputs{};
    CaseResults reference{};
    Meters unsharded{};
};

class RankVerification {
public:
    RankVerification(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> run() {
        MemoryMeter& memory = countCpuTensors();
        at::set_num_threads(1);
        at::set_num_interop_threads(1);
        RINGSCOPE_TRY(request_, readRequest());
        const std::string device = deviceName(request_.device, arguments_.localRank);
        sayHello(arguments_, events_, device);
        device_ = c10::Device(device);
        if (judges()) RINGSCOPE_CHECK(computeExpected());
        RINGSCOPE_TRY(ranks_,
                      meetRanks(arguments_, input_, events_, device, patience(request_.problem)));
        for (const std::string& name : request_.modes) RINGSCOPE_CHECK(verify(*findMode(name)));
        ranks_.group->barrier();  // no rank ends while another still sends to it
        return RankDone{.rank = arguments_.rank, .steps = 0, .peakMemory = memory.peak()};
    }

private:
    bool judges() const { return arguments_.rank == 0; }

    Result<VerifyRequest> readRequest() {
        std::optional<VerifyRequest> request = requestOf(input_.job());
        if (!request)
            return Error{ErrorCode::InvalidConfig,
                         "the request to verify cannot be read; both ends have to be the same "
                         "version of ringscope"};
        for (const std::string& name : request->modes)
            if (findMode(name) == nullptr)
                return Error{ErrorCode::InvalidConfig, "there is no mode '" + name + "'"};
        return std::move(*request);
    }

    // Computes inputs, reference, and the errors of the unsharded kernel. Must come before the
    // ranks connect: the other ranks wait for the rendezvous, which has no time limit.
    Result<void> computeExpected() {
        CaseInputs inputs = makeInputs(request_.problem, allTokens(request_.problem));
        RINGSCOPE_TRY(PatternMask pattern, PatternMask::make(request_.problem, inputs));
        Expected& expected =
            expected_.emplace(Expected{.pattern = std::move(pattern), .inputs = std::move(inputs)});
        expected.reference = referenceAttention(request_.problem, expected.pattern, expected.inputs,
                                                [this](double share) { tellProgress(share); });
        RINGSCOPE_TRY(single_, singleGroup());
        RINGSCOPE_TRY(const Schedule schedule, planMode(unshardedMode(), request_));
        RINGSCOPE_TRY(const auto attention,
                      Attention::make(schedule, 0, *single_.group, options()));
        const LayerShare share = runLayer(request_.problem, *attention, callOf(request_.problem),
                                          *single_.group, here(expected.inputs));
        expected.unsharded = measureAll(expected.reference, onHost(share.results));
        return {};
    }

    // A group of rank 0 by itself, for modes of one rank.
    Result<MetRanks> singleGroup() const {
        MetRanks own;
        RINGSCOPE_TRY(own.rendezvous, hostRendezvous(arguments_.address, RunId::random().text));
        RINGSCOPE_TRY(own.group, makeGroup(*own.rendezvous, {.address = arguments_.address,
                                                             .device = device_.str()}));
        return own;
    }

    CaseInputs here(const CaseInputs& inputs) const { return inputsOn(device_, inputs); }

    AttentionOptions options() const {
        AttentionOptions options;
        options.scale = request_.problem.scale;
        options.softcap = request_.problem.softcap;
        options.alibi = request_.problem.alibi;
        options.dropout = request_.problem.dropout;
        options.bufferLimit = std::numeric_limits<std::int64_t>::max();
        return options;
    }

    void tellProgress(double share) {
        const steady_clock::time_point now = steady_clock::now();
        if (now - lastProgress_ < progressInterval) return;
        lastProgress_ = now;
        events_.tell(RankLog{
            .rank = arguments_.rank,
            .message = "fp64 reference " + std::to_string(static_cast<int>(100 * share)) + " %"});
    }

    Result<void> verify(const Mode& mode) {
        const int ranks = ranksOf(mode, request_.ranks);
        if (arguments_.rank >= ranks) return {};
        if (judges()) events_.tell(RankTurn{.rank = 0, .mode = std::string(mode.name)});
        Group& group = ranks == ranks_.group->size() ? *ranks_.group : *single_.group;
        RINGSCOPE_TRY(const Schedule schedule, planMode(mode, request_));
        RINGSCOPE_TRY(const auto attention,
                      Attention::make(schedule, group.rank(), group, options()));
        RINGSCOPE_TRY(std::optional<ModeVerdict> verdict,
                      runAndJudge(mode, schedule, group, *attention));
        if (!verdict) return {};
        conclude(*verdict);
        events_.tell(RankVerdict{
            .rank = 0, .mode = std::string(mode.name), .verdict = toJson(*verdict).dump()});
        return {};
    }

    // Collective; only rank 0 gets a verdict.
    Result<std::optional<ModeVerdict>> runAndJudge(const Mode& mode, const Schedule& schedule,
                                                   Group& group, const Attention& attention) {
        CaseInputs inputs = inputsOfRank(request_.problem, schedule, group.rank());
        const AttentionCall call = callOf(request_.problem);
        const LayerShare share = runLayer(request_.problem, attention, call, group, here(inputs));
        std::optional<Error> notWritten;
        const auto dump = [&](const Result<void>& written) {
            if (!written.ok() && !notWritten) notWritten = written.error();
        };
        const std::filesystem::path folder =
            std::filesystem::path(request_.dump) / std::string(mode.name);
        const GatheredLayer layer = gatherLayer(
            request_.problem, schedule, group, share, [&](int rank, const CaseResults& theirs) {
                if (!request_.dump.empty())
                    dump(dumpRank(folder, request_.problem, schedule, rank, theirs));
            });
        const Disturbance disturbance = probeOf(request_.problem, schedule);
        disturb(inputs, heldTokens(schedule, group.rank()), disturbance);
        const AttentionOutput output = runForward(request_.problem, attention, call, here(inputs));
        const at::Tensor after = gatherOutput(request_.problem, schedule, group, output.out);
        if (!judges()) return std::optional<ModeVerdict>();

        if (!request_.dump.empty()) {
            dump(dumpWhole(folder, expected_->inputs, layer.results));
            dump(dumpMask(folder, request_.problem, expected_->pattern));
        }
        if (notWritten) return *notWritten;
        ModeVerdict verdict = judgeLayer(mode, schedule, layer);
        const at::Tensor weights =
            weightsOfKey(request_.problem, expected_->pattern, expected_->inputs,
                         expected_->reference, disturbance.token);
        verdict.probe = judgeProbe(request_.problem, expected_->pattern, schedule, disturbance,
                                   weights, layer.results.out, after);
        return std::optional<ModeVerdict>(std::move(verdict));
    }

    ModeVerdict judgeLayer(const Mode& mode, const Schedule& schedule,
                           const GatheredLayer& layer) const {
        ModeVerdict verdict{.mode = std::string(mode.name), .ranks = schedule.ranks};
        verdict.latent = request_.problem.latent.has_value();
        const Meters meters = measureAll(expected_->reference, layer.results);
        for (std::size_t i = 0; i < meters.size(); ++i)
            verdict.tensors[i] = judge(meters[i], expected_->unsharded[i], request_.problem.type);
        for (std::size_t rank = 0; rank < layer.bytesSent.size(); ++rank) {
            const std::int64_t predicted = sentBytes(schedule, static_cast<int>(rank));
            verdict.bytesSent += layer.bytesSent[rank];
            verdict.bytesPredicted += predicted;
            if (layer.bytesSent[rank] != predicted)
                verdict.ranksOffPlan.push_back(static_cast<int>(rank));
        }
        verdict.seconds = static_cast<double>(layer.nanoseconds) * 1e-9;
        return verdict;
    }

    RankArguments arguments_;
    RankInput& input_;
    const EventWriter& events_;
    VerifyRequest request_;
    c10::Device device_{c10::kCPU};     // that this rank computes on; the judge is on the host
    std::optional<Expected> expected_;  // rank 0's
    MetRanks single_;                   // a group of rank 0 by itself; rank 0's
    MetRanks ranks_;
    steady_clock::time_point lastProgress_{};
};

}  // namespace

int runVerification(const RankArguments& arguments, int input, int events) {
    return runProgram(arguments, input, events, "verifying", &RankVerification::run);
}

}  // namespace ringscope
