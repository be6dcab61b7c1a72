#include "kernels/rank/rank_link.h"

#include "kernels/comm/group_error.h"

#include <torch/headeronly/version.h>
#include <unistd.h>

#include <cerrno>

namespace ringscope {

void EventWriter::tell(const RankEvent& event) const {
    const std::string line = toLine(event) + "\n";
    const std::lock_guard lock(mutex_);
    std::size_t written = 0;
    while (written < line.size()) {
        const ssize_t count = ::write(file_, line.data() + written, line.size() - written);
        if (count < 0 && errno != EINTR) return;
        if (count > 0) written += static_cast<std::size_t>(count);
    }
}

Result<MetRanks> meetRanks(const RankArguments& arguments, RankInput& input,
                           const EventWriter& events, const std::string& device,
                           std::chrono::milliseconds timeout) {
    MetRanks met;
    if (arguments.rank == 0) {
        RINGSCOPE_TRY(met.rendezvous, hostRendezvous(arguments.address, input.secret()));
        events.tell(RankRendezvous{.rank = 0, .port = met.rendezvous->port()});
    } else {
        const Rendezvous place = input.rendezvous();
        RINGSCOPE_TRY(met.rendezvous, joinRendezvous(place.host, place.port, input.secret()));
    }
    RINGSCOPE_TRY(met.group, makeGroup(*met.rendezvous, {.rank = arguments.rank,
                                                         .size = arguments.world,
                                                         .address = arguments.address,
                                                         .device = device,
                                                         .timeout = timeout}));
    return met;
}

std::string deviceName(DeviceChoice wanted, int localRank) {
    return wanted == DeviceChoice::Cuda ? "cuda:" + std::to_string(localRank) : "cpu";
}

void sayHello(const RankArguments& arguments, const EventWriter& events, const std::string& device,
              std::string plan, std::string data) {
    const std::string library = device == "cpu" ? "gloo" : "nccl";
    events.tell(RankHello{.rank = arguments.rank,
                          .pid = ::getpid(),
                          .device = device,
                          .versions = "torch " TORCH_VERSION ", " + library,
                          .plan = std::move(plan),
                          .data = std::move(data)});
}

Result<RankDone> withoutThrowing(std::string_view doing,
                                 const std::function<Result<RankDone>()>& work) {
    try {
        return work();
    } catch (const GroupError& error) {
        return Error{ErrorCode::Failed, error.what()};
    } catch (const std::exception& error) {
        return Error{ErrorCode::Failed, failureSentence(doing, error)};
    }
}

int reportEnd(const RankArguments& arguments, const EventWriter& events,
              const Result<RankDone>& ended) {
    if (!ended.ok()) {
        events.tell(RankError{.rank = arguments.rank, .message = ended.error().message});
        return 1;
    }
    events.tell(*ended);
    return 0;
}

}  // namespace ringscope
