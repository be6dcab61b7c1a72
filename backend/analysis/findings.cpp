#include "backend/analysis/findings.h"

#include "backend/analysis/intervals.h"
#include "backend/analysis/rendezvous.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ringscope {
namespace {

bool computes(SpanKind kind) {
    return kind == SpanKind::Attention || kind == SpanKind::Compute || kind == SpanKind::Copy;
}

// The intervals of some transfers, not yet merged.
struct TransferTimes {
    std::vector<Interval> posted;
    std::vector<Interval> moving;
    std::int64_t bytes = 0;

    void add(const Span& span, const Rendezvous& meeting) {
        posted.push_back({span.begin(), span.end()});
        moving.push_back({meeting.moving, span.end()});
        if (span.operation() != Operation::Receive) bytes += span.bytes();
    }
};

CommunicationFigures figuresOf(TransferTimes times, const IntervalSet& compute) {
    const IntervalSet comm = unionOf(std::move(times.posted));
    const IntervalSet moving = unionOf(std::move(times.moving));
    const IntervalSet waiting = differenceOf(comm, moving);
    return {.comm = lengthOf(comm),
            .hidden = lengthOf(intersectionOf(comm, compute)),
            .exposed = lengthOf(differenceOf(comm, compute)),
            .wait = lengthOf(waiting),
            .waitExposed = lengthOf(differenceOf(waiting, compute)),
            .transfer = lengthOf(moving),
            .bytes = times.bytes};
}

struct RankTimes {
    std::vector<Interval> steps;
    std::vector<Interval> attention;
    std::vector<Interval> compute;
    std::vector<Interval> waiting;
    TransferTimes transfers;

    // A span of computation may hold a wait inside it; then nothing is computed.
    IntervalSet computing() const { return differenceOf(unionOf(compute), unionOf(waiting)); }
    std::map<std::pair<SpanPass, int>, TransferTimes> byRingStep;
    std::map<std::pair<SpanPass, int>, std::vector<Interval>> attentionByRingStep;
};

RankTimes collect(const RankTrace& rank, const std::vector<Rendezvous>& meetings) {
    RankTimes times;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        const Interval interval{span.begin(), span.end()};
        const std::pair<SpanPass, int> place{span.pass(), span.ringStep()};
        if (span.kind() == SpanKind::Step) times.steps.push_back(interval);
        if (computes(span.kind())) times.compute.push_back(interval);
        if (span.kind() == SpanKind::Wait) times.waiting.push_back(interval);
        if (span.kind() == SpanKind::Attention) {
            times.attention.push_back(interval);
            if (span.ringStep() >= 0) times.attentionByRingStep[place].push_back(interval);
        }
        if (span.kind() == SpanKind::Transfer) {
            times.transfers.add(span, meetings[i]);
            if (span.ringStep() >= 0) times.byRingStep[place].add(span, meetings[i]);
        }
    }
    return times;
}

void addRingSteps(RunFindings& findings, int rank, RankTimes& times, const IntervalSet& compute) {
    std::set<std::pair<SpanPass, int>> places;
    for (const auto& [place, transfers] : times.byRingStep) places.insert(place);
    for (const auto& [place, attention] : times.attentionByRingStep) places.insert(place);
    for (const auto& place : places)
        findings.ringSteps.push_back(
            {.rank = rank,
             .pass = place.first,
             .ringStep = place.second,
             .attention = lengthOf(unionOf(times.attentionByRingStep[place])),
             .communication = figuresOf(times.byRingStep[place], compute)});
}

void addRank(RunFindings& findings, int rank, RankTimes times) {
    const IntervalSet steps = unionOf(times.steps);
    const IntervalSet compute = times.computing();
    const IntervalSet comm = unionOf(times.transfers.posted);
    RankFigures figures{.rank = rank,
                        .span = lengthOf(steps),
                        .attention = lengthOf(unionOf(times.attention)),
                        .compute = lengthOf(compute),
                        .idle = lengthOf(differenceOf(differenceOf(steps, compute), comm)),
                        .communication = figuresOf(times.transfers, compute)};
    findings.steps = std::max(findings.steps, std::ssize(times.steps));
    findings.ranks.push_back(figures);
    addRingSteps(findings, rank, times, compute);
}

void addBlame(RunFindings& findings, const Trace& trace,
              const std::vector<std::vector<Rendezvous>>& meetings) {
    std::map<int, std::int64_t> caused;
    for (const RankTrace& rank : trace.ranks) caused[rank.origin.rank] = 0;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        for (std::size_t i = 0; i < meetings[r].size(); ++i) {
            const Span& span = trace.ranks[r].spans[i];
            if (span.kind() != SpanKind::Transfer) continue;
            if (meetings[r][i].latest < 0) ++findings.unmatched;
            if (meetings[r][i].latest >= 0 && meetings[r][i].latest != trace.ranks[r].origin.rank)
                caused[meetings[r][i].latest] += meetings[r][i].moving - span.begin();
        }
    }
    for (const auto& [rank, wait] : caused) findings.blame.push_back({rank, wait});
}

void checkInvariants(RunFindings& findings) {
    const auto check = [&](bool holds, int rank, const char* what) {
        if (!holds) findings.violations.push_back(fmt::format("rank {}: {}", rank, what));
    };
    const auto checkCommunication = [&](int rank, const CommunicationFigures& figures) {
        check(figures.hidden + figures.exposed == figures.comm, rank,
              "hidden and exposed do not add up to communication");
        check(figures.wait + figures.transfer == figures.comm, rank,
              "wait and transfer do not add up to communication");
        check(figures.waitExposed <= figures.exposed, rank, "more exposed wait than exposed time");
    };
    for (const RankFigures& rank : findings.ranks)
        checkCommunication(rank.rank, rank.communication);
    for (const RingStepFigures& step : findings.ringSteps)
        checkCommunication(step.rank, step.communication);
}

double meanMsPerStep(const RunFindings& findings, std::int64_t CommunicationFigures::*figure) {
    if (findings.ranks.empty() || findings.steps == 0) return 0;
    double sum = 0;
    for (const RankFigures& rank : findings.ranks)
        sum += static_cast<double>(rank.communication.*figure);
    return sum / 1e6 / static_cast<double>(findings.steps) /
           static_cast<double>(findings.ranks.size());
}

}  // namespace

std::optional<double> RankFigures::overlapPercent() const {
    if (communication.comm == 0) return std::nullopt;
    return 100.0 * static_cast<double>(communication.hidden) /
           static_cast<double>(communication.comm);
}

double RunFindings::exposedMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::exposed);
}

double RunFindings::waitMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::wait);
}

std::optional<double> RunFindings::hiddenPercent() const {
    double hidden = 0;
    double comm = 0;
    for (const RankFigures& rank : ranks) {
        hidden += static_cast<double>(rank.communication.hidden);
        comm += static_cast<double>(rank.communication.comm);
    }
    if (comm == 0) return std::nullopt;
    return 100 * hidden / comm;
}

RunFindings analyze(const Trace& trace) {
    RunFindings findings;
    findings.clockErrorNs = trace.clockErrorNs;
    findings.notes = trace.notes;
    const std::vector<std::vector<Rendezvous>> meetings = matchMessages(trace);
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        findings.dropped += trace.ranks[r].dropped;
        addRank(findings, trace.ranks[r].origin.rank, collect(trace.ranks[r], meetings[r]));
    }
    addBlame(findings, trace, meetings);
    checkInvariants(findings);
    return findings;
}

}  // namespace ringscope
