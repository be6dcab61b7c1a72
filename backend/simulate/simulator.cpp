#include "backend/simulate/simulator.h"

#include "backend/analysis/executed_mode.h"
#include "backend/simulate/cores.h"
#include "backend/simulate/flows.h"
#include "backend/simulate/played_groups.h"
#include "backend/simulate/simulation_state.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <unordered_map>
#include <utility>

namespace ringscope {
namespace {

using namespace simulation;

constexpr std::int64_t workOfSecond = 1'000'000'000;  // nanoseconds

std::int64_t wholeUnits(double perSecond) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(std::llround(perSecond)), 1);
}

class Simulation {
public:
    Simulation(const SimulatedRanks& ranks, const Machine& machine, bool record)
        : ranks_(ranks),
          machine_(machine),
          period_(static_cast<int>(ranks.tapes.size())),
          record_(record),
          groups_(playedGroups(ranks, machine)),
          collectives_(static_cast<std::size_t>(groups_.count)),
          flows_([this](int flow, std::int64_t end, std::uint32_t version) {
              push(end, Event::What::FlowEnds, flow, version);
          }) {
        step_.ranks.resize(static_cast<std::size_t>(period_));
        if (record) step_.spans.resize(static_cast<std::size_t>(period_));
        for (int rank = 0; rank < period_; ++rank) {
            RankState& state = states_.emplace_back();
            state.tickets.resize(static_cast<std::size_t>(tape(rank).tickets));
            state.counts.resize(tape(rank).groups.size());
        }
        makePorts();
    }

    SimulatedStep run() && {
        for (int rank = 0; rank < period_; ++rank) push(0, Event::What::Rank, rank, 0);
        while (!events_.empty()) {
            const Event event = events_.top();
            events_.pop();
            switch (event.what) {
                case Event::What::Rank:
                    go(event.index, event.time);
                    break;
                case Event::What::FlowBegins:
                    beginFlow(event.index, event.time);
                    break;
                case Event::What::FlowEnds:
                    endFlow(event.index, event.version, event.time);
                    break;
                case Event::What::Core:
                    advanceCore(event.index, event.version, event.time);
                    break;
            }
        }
        for (const RankState& state : states_) step_.nanos = std::max(step_.nanos, state.now);
        for (int rank = 0; rank < period_; ++rank) {
            times(rank).tail = step_.nanos - states_[static_cast<std::size_t>(rank)].now;
            if (record_) finishSpans(rank);
        }
        return std::move(step_);
    }

private:
    const RankTape& tape(int rank) const { return ranks_.tapes[static_cast<std::size_t>(rank)]; }
    RankState& state(int rank) { return states_[static_cast<std::size_t>(rank)]; }
    RankTimes& times(int rank) { return step_.ranks[static_cast<std::size_t>(rank)]; }

    void push(std::int64_t time, Event::What what, int index, std::uint32_t version) {
        events_.push({time, order_++, what, index, version});
    }

    // Of a rank's ports, one for each level; those that ranks share are one. Ranks that are not
    // played use their share.
    int sharedPort(int rank, int sharedBy, double capacity) {
        const int first = rank / sharedBy * sharedBy;
        const int really = std::min(sharedBy, std::max(ranks_.all - first, 1));
        const int played = std::min(first + sharedBy, period_) - first;
        return flows_.addPort(wholeUnits(capacity * std::min(played, really) / really));
    }
    void makePorts() {
        const Device& device = machine_.device;
        for (const LinkLevel& link : machine_.links) {
            auto& out = outPorts_.emplace_back();
            auto& in = inPorts_.emplace_back();
            for (int rank = 0; rank < period_; ++rank) {
                const bool first = rank % link.sharedBy == 0;
                out.push_back(first ? sharedPort(rank, link.sharedBy, link.bandwidth) : out.back());
                in.push_back(first ? sharedPort(rank, link.sharedBy, link.bandwidth) : in.back());
            }
        }
        for (int rank = 0; rank < period_; ++rank) {
            paths_.push_back(flows_.addPort(wholeUnits(machine_.host.memoryBandwidth)));
            const bool first = rank % device.perHost == 0;
            disks_.push_back(
                first ? sharedPort(rank, device.perHost,
                                   std::min(machine_.host.diskRead, machine_.host.diskWrite))
                      : disks_.back());
        }
        if (device.cores > 0) makeCores(device);
    }
    // Ranks that are not played have their share of a host's cores.
    void makeCores(const Device& device) {
        const int played = std::min(device.perHost, period_);
        const int really = std::max(std::min(device.perHost, ranks_.all), played);
        const double share = static_cast<double>(device.cores) * played / really;
        const int count = std::max(static_cast<int>(share), 1);
        coreSlowness_ = std::max(1.0, count / share);
        for (int first = 0; first < period_; first += device.perHost) {
            const int host = static_cast<int>(cores_.size());
            cores_.emplace_back(count, device.turnNanos,
                                [this, host, count](int core, std::int64_t time, auto version) {
                                    push(time, Event::What::Core, host * count + core, version);
                                });
        }
        coresOfHost_ = count;
    }
    Cores& coresOf(int rank) {
        return cores_[static_cast<std::size_t>(rank / machine_.device.perHost)];
    }
    std::int64_t onCore(std::int64_t nanos) const {
        return static_cast<std::int64_t>(static_cast<double>(nanos) * coreSlowness_);
    }

    // Runs the rank's deeds until time has to pass.
    void go(int rank, std::int64_t time) {
        RankState& at = state(rank);
        at.now = std::max(at.now, time);
        if (at.awaits >= 0) {
            const Ticket& ticket = at.tickets[static_cast<std::size_t>(at.awaits)];
            waited(rank, ticket);
            at.awaits = -1;
        }
        const RankTape& tape = this->tape(rank);
        while (at.play < tape.plays.size()) {
            const Play& play = tape.plays[at.play];
            if (at.next == nullptr) {
                const std::vector<Deed>& deeds =
                    tape.segments[static_cast<std::size_t>(play.segment)].deeds;
                at.next = deeds.data();
                at.end = deeds.data() + deeds.size();
            }
            while (at.next != at.end)
                if (!perform(rank, *at.next++)) {
                    // Others go on first: until then the deed comes from memory.
                    __builtin_prefetch(at.next);
                    __builtin_prefetch(at.next + 2);
                    return;
                }
            at.next = nullptr;
            ++at.play;
        }
        at.ended = true;
    }

    // False where the rank goes on by a later event.
    bool perform(int rank, const Deed& deed) {
        RankState& at = state(rank);
        switch (deed.kind) {
            case DeedKind::Work:
                return compute(rank, deed);
            case DeedKind::Await: {
                const Ticket& ticket = at.tickets[static_cast<std::size_t>(deed.ticket)];
                at.since = at.now;
                if (ticket.done != unknown && ticket.done <= at.now) return true;
                at.awaits = deed.ticket;
                if (ticket.done != unknown) push(ticket.done, Event::What::Rank, rank, 0);
                return false;
            }
            case DeedKind::Sync:
                at.host = std::max(at.host, at.now);
                return true;
            case DeedKind::Send:
            case DeedKind::Receive:
                postMessage(rank, deed);
                return true;
            case DeedKind::Collective:
                postCollective(rank, deed);
                return true;
            case DeedKind::Move:
                postMove(rank, deed);
                return true;
        }
        return true;
    }

    bool compute(int rank, const Deed& deed) {
        RankState& at = state(rank);
        std::int64_t nanos = deed.nanos;
        const std::int64_t launch = machine_.device.launchNanos * deed.kernels;
        if (machine_.device.kind == DeviceKind::Cpu) {
            nanos += launch;
        } else {
            const std::int64_t end = std::max(std::max(at.now, at.host) + nanos, at.host + launch);
            at.host += launch;
            times(rank).gaps += end - at.now - nanos;
            at.now = end - nanos;
        }
        if (!cores_.empty()) {
            at.since = at.now;
            at.computes = &deed;
            coresOf(rank).begin(at.now, rank, onCore(nanos));
            return false;
        }
        tally(rank, deed, at.now, at.now + nanos);
        at.now += nanos;
        if (events_.empty() || events_.top().time > at.now) return true;
        push(at.now, Event::What::Rank, rank, 0);
        return false;
    }

    void tally(int rank, const Deed& deed, std::int64_t begin, std::int64_t end) {
        RankTimes& sums = times(rank);
        (deed.lane == SpanKind::Attention ? sums.attention
         : deed.lane == SpanKind::Copy    ? sums.copies
                                          : sums.compute) += end - begin;
        if (record_) span(rank, deed, state(rank).play, begin, end, {});
    }

    void waited(int rank, const Ticket& ticket) {
        RankState& at = state(rank);
        RankTimes& sums = times(rank);
        const std::int64_t all = at.now - at.since;
        if (ticket.ofHost) {
            sums.moves += all;
        } else {
            const std::int64_t wait = std::clamp<std::int64_t>(ticket.ready - at.since, 0, all);
            sums.wait += wait;
            sums.exposed += all - wait;
        }
        if (record_ && all > 0) {
            const Deed deed{.kind = DeedKind::Await,
                            .lane = ticket.ofHost ? SpanKind::Copy : SpanKind::Wait};
            span(rank, deed, at.play, at.since, at.now, {});
        }
    }

    // Messages ------------------------------------------------------------------------------

    int newOperation() {
        if (!freeOperations_.empty()) {
            const int index = freeOperations_.back();
            freeOperations_.pop_back();
            return index;
        }
        operations_.emplace_back();
        return static_cast<int>(operations_.size()) - 1;
    }

    End endOf(int rank, const Deed& deed) {
        RankState& at = state(rank);
        at.tickets[static_cast<std::size_t>(deed.ticket)] = {};
        return {.rank = rank,
                .ticket = deed.ticket,
                .posted = at.now,
                .play = static_cast<std::int32_t>(at.play),
                .deed = &deed};
    }

    Meeting& meetingOf(int rank, const Deed& deed, int other) {
        const bool sends = deed.kind == DeedKind::Send;
        LastMeeting& last =
            state(rank).met[static_cast<std::size_t>(deed.channel) + (sends ? channels : 0)];
        if (last.peer == deed.peer) return *last.meeting;
        // The rank that the played one stands for has this peer; so far away is it from it.
        const int around = ((deed.peer - rank) % ranks_.ranks + ranks_.ranks) % ranks_.ranks;
        const int hop = sends ? around : (ranks_.ranks - around) % ranks_.ranks;
        const std::uint64_t key = (static_cast<std::uint64_t>(sends ? rank : other) << 40) |
                                  (static_cast<std::uint64_t>(hop) << 8) |
                                  static_cast<std::uint64_t>(deed.channel);
        last = {deed.peer, &meetings_[key]};
        return *last.meeting;
    }

    void postMessage(int rank, const Deed& deed) {
        const bool sends = deed.kind == DeedKind::Send;
        const int other = deed.peer % period_;
        Meeting& meeting = meetingOf(rank, deed, other);
        // Ends of one side wait, in order, for those of the other.
        if (meeting.waiting.empty() || meeting.sendsWait == sends) {
            const int index = newOperation();
            operations_[static_cast<std::size_t>(index)].ends.push_back(endOf(rank, deed));
            meeting.waiting.push_back(index);
            meeting.sendsWait = sends;
            return;
        }
        const int index = meeting.waiting.front();
        meeting.waiting.erase(meeting.waiting.begin());
        Posted& operation = operations_[static_cast<std::size_t>(index)];
        operation.ends.push_back(endOf(rank, deed));
        const std::uint32_t number = meeting.number++;
        for (End& end : operation.ends) end.number = number;
        const int from = sends ? rank : other;
        const int to = sends ? other : rank;
        const int level = machine_.levelBetween(rank, deed.peer);
        const auto place = static_cast<std::size_t>(level);
        const LinkLevel& link = machine_.links[place];
        FlowPlan& plan = newPlan(index, deed.bytes);
        plan.ports = {outPorts_[place][static_cast<std::size_t>(from)],
                      inPorts_[place][static_cast<std::size_t>(to)]};
        const std::int64_t nanos = nanosAt(deed.bytes, link.bandwidth);
        copyBy(index, from, nanos);
        copyBy(index, to, nanos);
        start(index, state(rank).now, link.latencyNanos);
    }

    void postCollective(int rank, const Deed& deed) {
        const auto place = static_cast<std::size_t>(deed.peer);
        const PlayedGroup& group = groups_.ofRanks[static_cast<std::size_t>(rank)][place];
        std::vector<int>& known = collectives_[static_cast<std::size_t>(group.number)];
        std::uint32_t& count = state(rank).counts[place];
        const std::uint32_t number = count++;
        while (known.size() <= number) known.push_back(newOperation());
        const int index = known[number];
        Posted& operation = operations_[static_cast<std::size_t>(index)];
        operation.ends.push_back(endOf(rank, deed));
        operation.ends.back().number = number;
        if (operation.ends.size() < group.members.size()) return;
        const bool allToAll = deed.operation == Operation::AllToAll ||
                              deed.operation == Operation::Dispatch ||
                              deed.operation == Operation::Combine;
        std::int64_t latency = 0;
        for (const auto& [level, share, hops] : allToAll ? group.allToAllLevels : group.levels) {
            const LinkLevel& link = machine_.links[static_cast<std::size_t>(level)];
            const CollectiveRate* rate = rateOf(link, deed.operation);
            latency += hops * (rate != nullptr ? rate->latencyNanos : link.latencyNanos);
            const auto bytes =
                static_cast<std::int64_t>(std::llround(static_cast<double>(deed.bytes) * share));
            const std::int64_t nanos =
                nanosAt(bytes, rate != nullptr ? rate->bandwidth : link.bandwidth);
            for (const int member : group.members) copyBy(index, member, nanos);
            FlowPlan& plan = newPlan(index, bytes);
            if (rate != nullptr) plan.most = wholeUnits(rate->bandwidth);
            for (const int member : group.members) {
                const auto at = static_cast<std::size_t>(member);
                plan.ports.push_back(outPorts_[static_cast<std::size_t>(level)][at]);
                plan.ports.push_back(inPorts_[static_cast<std::size_t>(level)][at]);
            }
            std::ranges::sort(plan.ports);
            plan.ports.erase(std::unique(plan.ports.begin(), plan.ports.end()), plan.ports.end());
        }
        start(index, state(rank).now, latency);
    }

    static std::int64_t nanosAt(std::int64_t bytes, double perSecond) {
        return static_cast<std::int64_t>(
            std::llround(static_cast<double>(bytes) * workOfSecond / perSecond));
    }
    static const CollectiveRate* rateOf(const LinkLevel& link, Operation operation) {
        for (const CollectiveRate& rate : link.collectives)
            if (operationOf(rate.kind) == operation) return &rate;
        return nullptr;
    }
    // Between CPUs a core at each end copies what is sent, while it is under way.
    void copyBy(int index, int rank, std::int64_t nanos) {
        if (cores_.empty()) return;
        FlowPlan& plan = newPlan(index, nanos);
        plan.copier = rank;
    }
    void advanceCore(int index, std::uint32_t version, std::int64_t now) {
        Cores& cores = cores_[static_cast<std::size_t>(index / coresOfHost_)];
        const int core = index % coresOfHost_;
        if (!cores.isCurrent(core, version)) return;
        const int task = cores.advance(now, core);
        if (task >= period_) {
            const int planned = task - period_;
            const int operation = plans_[static_cast<std::size_t>(planned)].operation;
            freePlans_.push_back(planned);
            arrived(operation, now);
        } else if (task >= 0) {
            RankState& at = state(task);
            tally(task, *at.computes, at.since, now);
            at.now = now;
            go(task, now);
        }
        cores.settle(now, core);
    }

    void postMove(int rank, const Deed& deed) {
        const int index = newOperation();
        Posted& operation = operations_[static_cast<std::size_t>(index)];
        operation.ends.push_back(endOf(rank, deed));
        state(rank).tickets[static_cast<std::size_t>(deed.ticket)].ofHost = true;
        FlowPlan& plan = newPlan(index, deed.bytes);
        plan.ports = {paths_[static_cast<std::size_t>(rank)]};
        if (deed.channel == diskChannel)
            plan.ports.push_back(disks_[static_cast<std::size_t>(rank)]);
        start(index, state(rank).now, 0);
    }

    // The flows that an operation begins with, until start().
    FlowPlan& newPlan(int operation, std::int64_t units) {
        int index = 0;
        if (freePlans_.empty()) {
            index = static_cast<int>(plans_.size());
            plans_.emplace_back();
        } else {
            index = freePlans_.back();
            freePlans_.pop_back();
        }
        starting_.push_back(index);
        FlowPlan& plan = plans_[static_cast<std::size_t>(index)];
        plan.operation = operation;
        plan.units = units;
        plan.most = 0;
        plan.copier = -1;
        plan.ports.clear();
        return plan;
    }
    void start(int index, std::int64_t now, std::int64_t latency) {
        if (starting_.empty()) newPlan(index, 0);
        Posted& operation = operations_[static_cast<std::size_t>(index)];
        operation.ready = now;
        operation.flowsLeft = static_cast<int>(starting_.size());
        for (const int plan : starting_) push(now + latency, Event::What::FlowBegins, plan, 0);
        starting_.clear();
    }

    // Flows ---------------------------------------------------------------------------------

    void beginFlow(int planned, std::int64_t now) {
        const FlowPlan& plan = plans_[static_cast<std::size_t>(planned)];
        if (plan.copier >= 0) {
            // On cores the tasks of copies come after those of ranks.
            coresOf(plan.copier).begin(now, period_ + planned, onCore(plan.units));
            return;
        }
        const int operation = plan.operation;
        freePlans_.push_back(planned);
        if (plan.units == 0)
            arrived(operation, now);
        else
            own(flows_.begin(now, plan.units, plan.ports, plan.most), operation);
    }
    void own(int flow, int operation) {
        if (static_cast<std::size_t>(flow) >= operationOfFlow_.size())
            operationOfFlow_.resize(static_cast<std::size_t>(flow) + 1);
        operationOfFlow_[static_cast<std::size_t>(flow)] = operation;
    }
    void endFlow(int flow, std::uint32_t version, std::int64_t now) {
        if (!flows_.isCurrent(flow, version)) return;
        flows_.end(now, flow);
        arrived(operationOfFlow_[static_cast<std::size_t>(flow)], now);
    }

    void arrived(int index, std::int64_t now) {
        Posted& operation = operations_[static_cast<std::size_t>(index)];
        if (--operation.flowsLeft > 0) return;
        for (const End& end : operation.ends) {
            RankState& at = state(end.rank);
            Ticket& ticket = at.tickets[static_cast<std::size_t>(end.ticket)];
            ticket.ready = operation.ready;
            ticket.done = now;
            if (record_) recordTransfer(end, now);
            if (at.awaits == end.ticket) push(now, Event::What::Rank, end.rank, 0);
        }
        operation.ends.clear();
        freeOperations_.push_back(index);
    }

    // Spans ---------------------------------------------------------------------------------

    struct Peer {
        int rank = -1;
        std::uint32_t number = 0;
    };
    void span(int rank, const Deed& deed, std::size_t playIndex, std::int64_t begin,
              std::int64_t end, const Peer& peer) {
        const RankTape& tape = this->tape(rank);
        const Play& play = tape.plays[std::min(playIndex, tape.plays.size() - 1)];
        step_.spans[static_cast<std::size_t>(rank)].emplace_back(
            begin, end,
            SpanTag{.kind = deed.lane,
                    .operation = deed.operation,
                    .pass = play.pass,
                    .layer = play.layer,
                    .ringStep = deed.ringStep,
                    .peer = peer.rank,
                    .bytes = deed.bytes,
                    .message = peer.number});
    }
    void recordTransfer(const End& end, std::int64_t now) {
        const Deed& deed = *end.deed;
        Peer peer{.rank = deed.peer, .number = end.number};
        if (deed.kind == DeedKind::Move) peer = {};
        if (deed.kind == DeedKind::Collective)
            peer.rank = groups_
                            .ofRanks[static_cast<std::size_t>(end.rank)]
                                    [static_cast<std::size_t>(deed.peer)]
                            .first;
        span(end.rank, deed, static_cast<std::size_t>(end.play), end.posted, now, peer);
    }
    void finishSpans(int rank) {
        std::vector<Span>& spans = step_.spans[static_cast<std::size_t>(rank)];
        spans.emplace_back(0, step_.nanos, SpanTag{.kind = SpanKind::Step});
        std::ranges::stable_sort(spans, [](const Span& a, const Span& b) {
            return a.begin() != b.begin() ? a.begin() < b.begin() : a.end() > b.end();
        });
    }

    const SimulatedRanks& ranks_;
    const Machine& machine_;
    int period_;
    bool record_;
    PlayedGroups groups_;
    std::vector<std::vector<int>> collectives_;  // of each group
    Flows flows_;
    SimulatedStep step_{};
    std::vector<RankState> states_{};
    std::vector<std::vector<int>> outPorts_{};
    std::vector<std::vector<int>> inPorts_{};
    std::vector<int> paths_{};
    std::vector<int> disks_{};
    std::vector<Cores> cores_{};  // of each host
    int coresOfHost_ = 1;
    double coreSlowness_ = 1;  // where ranks that are not played have a part of a core
    std::unordered_map<std::uint64_t, Meeting> meetings_{};
    std::vector<Posted> operations_{};
    std::vector<int> freeOperations_{};
    std::vector<FlowPlan> plans_{};
    std::vector<int> freePlans_{};
    std::vector<int> starting_{};
    std::vector<int> operationOfFlow_{};
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_{};
    std::uint64_t order_ = 0;
};

}  // namespace

RankTimes SimulatedStep::mean() const {
    RankTimes sum;
    const auto count = std::ssize(ranks);
    for (const auto part : timeParts) {
        std::int64_t all = 0;
        for (const RankTimes& rank : ranks) all += rank.*part;
        sum.*part = all / count;
    }
    return sum;
}

SimulatedStep simulateStep(const SimulatedRanks& ranks, const Machine& machine, bool record) {
    return Simulation(ranks, machine, record).run();
}

}  // namespace ringscope
