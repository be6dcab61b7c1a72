#include "backend/compare/verdict.h"

#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <vector>

namespace ringscope {
namespace {

using Candidates = std::vector<const Candidate*>;

std::string spokenDifference(double difference) {
    return std::isfinite(difference) ? fmt::format("{:.1e}", difference) : "an unmeasurable amount";
}

// A reason may be a whole traceback; the answer holds its first line, and not all of a long one.
std::string brief(const std::string& reason) {
    constexpr std::size_t longest = 160;
    std::string line = reason.substr(0, reason.find_first_of("\r\n"));
    while (!line.empty() && (line.back() == '.' || line.back() == ' ')) line.pop_back();
    if (line.size() <= longest) return line;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    return line.substr(0, end) + "…";
}

std::string rateOf(const RunGroup& group) {
    return formatSignificant(group.tokensPerSecond->median) + " tokens/s";
}

// "(1.9–2.4)", or that there was nothing to vary.
std::string noiseOf(const Candidate& candidate, const RunGroup& baseline) {
    if (candidate.group.tokensPerSecond->samples == 1 && baseline.tokensPerSecond->samples == 1)
        return "(one run each)";
    return fmt::format("({}–{})", formatRatio(candidate.speedupInterval->low),
                       formatRatio(candidate.speedupInterval->high));
}

std::string onRanks(const RunGroup& group, const RunGroup& baseline) {
    if (group.ranks == baseline.ranks) return "";
    return fmt::format(" on {} {} instead of {}", group.ranks, group.ranks == 1 ? "rank" : "ranks",
                       baseline.ranks);
}

std::string times(const Candidate& candidate, const RunGroup& baseline) {
    return fmt::format("{} × {} {}{}", formatRatio(*candidate.speedup), baseline.label,
                       noiseOf(candidate, baseline), onRanks(candidate.group, baseline));
}

std::string sameModelClause(const RunGroup& group) {
    if (isReference(group)) return " and the unsharded model itself";
    switch (parityVerdict(group)) {
        case ParityVerdict::Same:
            return " and the same model";
        case ParityVerdict::Different:
            return " but NOT the same model: " + parityComplaint(group);
        case ParityVerdict::Unknown:
            break;
    }
    return "; whether it is the same model is unknown, for want of an unsharded run to compare "
           "with";
}

std::string speedClause(const Candidate& fastest, const RunGroup& baseline) {
    const std::string& name = fastest.group.label;
    switch (fastest.speed) {
        case Speed::Faster:
            return name + " is " + times(fastest, baseline);
        case Speed::Slower:
            return fmt::format("nothing is faster than {}: {}, the next, is {}", baseline.label,
                               name, times(fastest, baseline));
        default:
            break;
    }
    return fmt::format("no clear difference between {} and {}: {}", name, baseline.label,
                       times(fastest, baseline));
}

const Candidate* fastestOf(const Candidates& candidates, auto&& eligible) {
    const Candidate* fastest = nullptr;
    for (const Candidate* candidate : candidates) {
        const auto& rate = candidate->group.tokensPerSecond;
        if (!rate || !std::isfinite(rate->median) || !eligible(*candidate)) continue;
        if (!fastest || rate->median > fastest->group.tokensPerSecond->median) fastest = candidate;
    }
    return fastest;
}

// Where the fastest is another model, what the user gets by staying with this one.
std::string fallbackClause(const Candidate& fastest, const Candidates& candidates) {
    if (parityVerdict(fastest.group) != ParityVerdict::Different) return "";
    const Candidate* same = fastestOf(candidates, [](const Candidate& candidate) {
        return candidate.speedup && parityVerdict(candidate.group) == ParityVerdict::Same;
    });
    if (!same) return "";
    return fmt::format("; the fastest that is the same model is {}, {} × {}", same->group.label,
                       formatRatio(*same->speedup), same->against);
}

std::string whyNoSpeed(const RunGroup& group) {
    if (group.failed > 0) return "did not finish: " + brief(group.failure);
    if (group.finished == 0) return "has not finished yet";
    return "did no step after the warm-up";
}

std::string cohortVerdict(const RunGroup& baseline, const Candidates& candidates) {
    const Candidate* fastest = fastestOf(candidates, [](const Candidate& candidate) {
        return candidate.speedup && candidate.sameComputation;
    });
    if (!fastest) fastest = fastestOf(candidates, [](const Candidate& c) { return !!c.speedup; });
    if (fastest)
        return speedClause(*fastest, baseline) + sameModelClause(fastest->group) +
               fallbackClause(*fastest, candidates);

    fastest = fastestOf(candidates, [](const Candidate&) { return true; });
    if (fastest)
        return fmt::format("{}, the baseline, {}; the fastest of the others is {} with {}",
                           baseline.label, whyNoSpeed(baseline), fastest->group.label,
                           rateOf(fastest->group)) +
               sameModelClause(fastest->group);
    if (!baseline.tokensPerSecond) return fmt::format("nothing to compare yet: no run has a speed");
    return fmt::format("{} reached {}, and there is no other speed to compare it with",
                       baseline.label, rateOf(baseline));
}

// What the sentence so far has not explained.
std::string failures(const Comparison& comparison, const std::string& sentence) {
    constexpr std::size_t named = 2;
    std::vector<std::string> clauses;
    for (const RunGroup* group : comparison.groups()) {
        if (group->failed == 0 || sentence.find(brief(group->failure)) != std::string::npos)
            continue;
        const int all = group->failed + group->finished + group->unfinished;
        clauses.push_back(
            group->failed == all
                ? fmt::format("{} did not finish: {}", group->label, brief(group->failure))
                : fmt::format("{} of {} runs of {} did not finish: {}", group->failed, all,
                              group->label, brief(group->failure)));
    }
    if (clauses.size() <= named) return join(clauses, "; ");
    const std::size_t more = clauses.size() - named;
    clauses.resize(named);
    return join(clauses, "; ") + fmt::format("; {} more did not finish", more);
}

// The candidates measured against `baseline`. Another setting of the baseline is one of them only
// where there is nothing else.
Candidates cohortOf(const Comparison& comparison, const RunGroup& baseline) {
    const auto isBaselineOfOthers = [&](const Candidate* candidate) {
        return std::ranges::any_of(comparison.candidates, [&](const Candidate& other) {
            return other.against == candidate->group.label;
        });
    };
    Candidates cohort;
    for (const Candidate& candidate : comparison.candidates)
        if (candidate.against == baseline.label) cohort.push_back(&candidate);
    if (!std::ranges::all_of(cohort, isBaselineOfOthers)) std::erase_if(cohort, isBaselineOfOthers);
    return cohort;
}

// "; ring waits 9 ms of a 41 ms step, mostly for rank 3": of the group that waits for the largest
// part of its steps, where that is worth a word.
std::string waitClause(const Comparison& comparison) {
    constexpr double worthAWord = 0.1;
    const RunGroup* most = nullptr;
    double mostShare = worthAWord;
    for (const RunGroup* group : comparison.groups()) {
        if (!group->waitMs || !group->stepMs || !(group->stepMs->median > 0)) continue;
        const double share = group->waitMs->median / group->stepMs->median;
        if (!(share >= mostShare)) continue;
        most = group;
        mostShare = share;
    }
    if (!most) return "";
    const auto spoken = [](const Spread& ms) {
        return formatDuration(Nanos(std::llround(ms.median * 1e6)));
    };
    return fmt::format("; {} waits {} of a {} step{}", most->label, spoken(*most->waitMs),
                       spoken(*most->stepMs),
                       most->lateRank ? fmt::format(", mostly for rank {}", *most->lateRank) : "");
}

}  // namespace

std::string parityComplaint(const RunGroup& group) {
    if (!group.worstParity || parityVerdict(group) != ParityVerdict::Different) return "";
    const Parity& parity = *group.worstParity;
    const ParityLimits& limits = group.parityLimits;
    const bool byLoss = !(parity.maxLossDiff <= limits.loss);
    return fmt::format("its {} differs by {}, where at most {:.0e} is rounding",
                       byLoss ? "loss" : "gradient norm",
                       spokenDifference(byLoss ? parity.maxLossDiff : parity.maxGradNormRelDiff),
                       byLoss ? limits.loss : limits.gradNorm);
}

std::string verdictSentence(const Comparison& comparison) {
    std::vector<std::string> sentences;
    for (const RunGroup* baseline : comparison.groups()) {
        const Candidates cohort = cohortOf(comparison, *baseline);
        if (!cohort.empty()) sentences.push_back(cohortVerdict(*baseline, cohort));
    }
    if (sentences.empty()) sentences.push_back(cohortVerdict(comparison.baseline.group, {}));
    const std::string sentence = join(sentences, "; ") + waitClause(comparison);
    const std::string unfinished = failures(comparison, sentence);
    return unfinished.empty() ? sentence : sentence + "; " + unfinished;
}

}  // namespace ringscope
