#include "backend/compare/verdict.h"

#include "backend/core/rounded.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <functional>
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

// How a sentence calls the groups: where it has named a section, by what tells them apart there.
enum class Naming { Whole, InSection };

const std::string& nameOf(const RunGroup& group, Naming naming) {
    return naming == Naming::Whole ? group.label : group.rowLabel;
}

std::string times(const Candidate& candidate, const RunGroup& baseline, Naming naming) {
    return fmt::format("{} × {} {}{}{}", formatRatio(*candidate.speedup), nameOf(baseline, naming),
                       noiseOf(candidate, baseline), onRanks(candidate.group, baseline),
                       candidate.sameComputation ? "" : ", not like for like");
}

// "another model than dense attention: 6.3 % of the pairs".
std::string coverageWords(const RunGroup& group) {
    return fmt::format("another model than dense attention: {} % of the pairs",
                       formatRounded(100 * *group.coverage, 2));
}

// Of one computation it says that the models are the same; else only that the group computes what
// its own unsharded run does.
std::string sameModelClause(const RunGroup& group, bool oneComputation) {
    if (isReference(group))
        return group.coverage ? "; unsharded, " + coverageWords(group)
                              : " and the unsharded model itself";
    switch (parityVerdict(group)) {
        case ParityVerdict::Same:
            return oneComputation ? " and the same model"
                                  : "; it trains the model of its own unsharded run";
        case ParityVerdict::AnotherModel:
            return "; it trains the model of its own unsharded run, " + coverageWords(group);
        case ParityVerdict::Different:
            return " but NOT the same model" +
                   std::string(oneComputation ? "" : " as its own unsharded run") + ": " +
                   parityComplaint(group);
        case ParityVerdict::Unknown:
            break;
    }
    return "; whether it is the same model is unknown, for want of an unsharded run to compare "
           "with";
}

std::string speedClause(const Candidate& fastest, const RunGroup& baseline, Naming naming) {
    const std::string& name = nameOf(fastest.group, naming);
    switch (fastest.speed) {
        case Speed::Faster:
            return name + " is " + times(fastest, baseline, naming);
        case Speed::Slower:
            return fmt::format("nothing is faster than {}: {}, the next, is {}",
                               nameOf(baseline, naming), name, times(fastest, baseline, naming));
        default:
            break;
    }
    return fmt::format("no clear difference between {} and {}: {}", name, nameOf(baseline, naming),
                       times(fastest, baseline, naming));
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
std::string fallbackClause(const Candidate& fastest, const RunGroup& baseline,
                           const Candidates& candidates, Naming naming) {
    if (parityVerdict(fastest.group) != ParityVerdict::Different) return "";
    const Candidate* same = fastestOf(candidates, [](const Candidate& candidate) {
        return candidate.speedup && parityVerdict(candidate.group) == ParityVerdict::Same;
    });
    if (!same) return "";
    return fmt::format("; the fastest that is the same model is {}, {} × {}",
                       nameOf(same->group, naming), formatRatio(*same->speedup),
                       nameOf(baseline, naming));
}

std::string whyNoSpeed(const RunGroup& group) {
    if (group.failed > 0) return "did not finish: " + brief(group.failure);
    if (group.finished == 0) return "has not finished yet";
    return "did no step after the warm-up";
}

// The one to name: of the same computation as the baseline, where there is one.
const Candidate* fastestRated(const Candidates& candidates) {
    const Candidate* fastest = fastestOf(candidates, [](const Candidate& candidate) {
        return candidate.speedup && candidate.sameComputation;
    });
    return fastest ? fastest
                   : fastestOf(candidates, [](const Candidate& c) { return !!c.speedup; });
}

// "10,000 tokens/s (9,500 to 10,500 in 3 runs: a spread of 10 %)".
std::string speedWithSpread(const RunGroup& group) {
    const Spread& speed = *group.tokensPerSecond;
    if (speed.samples < 2) return rateOf(group);
    return fmt::format("{} ({} to {} in {} runs: a spread of {} %)", rateOf(group),
                       formatSignificant(speed.low), formatSignificant(speed.high), speed.samples,
                       formatRounded(100 * (speed.high - speed.low) / speed.median, 2));
}

std::string cohortVerdict(const RunGroup& baseline, const Candidates& candidates, Naming naming) {
    if (const Candidate* fastest = fastestRated(candidates))
        return speedClause(*fastest, baseline, naming) +
               sameModelClause(fastest->group, fastest->sameComputation) +
               fallbackClause(*fastest, baseline, candidates, naming);

    const Candidate* fastest = fastestOf(candidates, [](const Candidate&) { return true; });
    if (fastest)
        return fmt::format("{}, the baseline, {}; the fastest of the others is {} with {}",
                           nameOf(baseline, naming), whyNoSpeed(baseline),
                           nameOf(fastest->group, naming), rateOf(fastest->group)) +
               sameModelClause(fastest->group, fastest->sameComputation);
    if (!baseline.tokensPerSecond) return fmt::format("nothing to compare yet: no run has a speed");
    return fmt::format("{} reached {}, and there is no other speed to compare it with",
                       nameOf(baseline, naming), speedWithSpread(baseline));
}

// A section with somebody to compare.
struct Match {
    const Section* section = nullptr;
    const RunGroup* baseline = nullptr;
    Candidates candidates;
    const Candidate* fastest = nullptr;  // that has a ratio; nothing where none has
};

std::vector<Match> matchesOf(const Comparison& comparison) {
    const std::vector<const RunGroup*> groups = comparison.groups();
    std::vector<Match> matches;
    for (const Section& section : comparison.sections) {
        Match match{&section, groups[section.baseline], {}, nullptr};
        for (const std::size_t index : section.groups)
            if (index != section.baseline) match.candidates.push_back(comparison.candidate(index));
        if (match.candidates.empty()) continue;
        match.fastest = fastestRated(match.candidates);
        matches.push_back(std::move(match));
    }
    return matches;
}

bool isLikeForLike(const Match& match) { return !match.fastest || match.fastest->sameComputation; }

// "with 4,096 tokens, 2 ranks, zigzag is 1.6 × legacy (one run each) and the same model".
std::string matchVerdict(const Match& match) {
    const std::string title = match.section->title();
    const bool own = match.section->holdsBaseline();
    return (title.empty() || !own ? "" : "with " + title + ", ") +
           cohortVerdict(*match.baseline, match.candidates,
                         own ? Naming::InSection : Naming::Whole);
}

// How one mode fared over many sections.
struct Tally {
    std::string name;
    int sections = 0;
    double least = 0;
    double most = 0;
};

void count(std::vector<Tally>& tallies, const std::string& name, double ratio) {
    auto tally = std::ranges::find(tallies, name, &Tally::name);
    if (tally == tallies.end()) tally = tallies.insert(tally, {name, 0, ratio, ratio});
    ++tally->sections;
    tally->least = std::min(tally->least, ratio);
    tally->most = std::max(tally->most, ratio);
}

// "zigzag is the fastest in 6 of 8 sections (1.2 to 2.2 × legacy), ring in 1 (1.1 × legacy);
// nothing is clearly faster than legacy in 1".
std::string talliesWords(const std::vector<Match>& matches) {
    const std::string& name = matches.front().baseline->rowLabel;
    const bool oneBaseline = std::ranges::all_of(
        matches, [&](const Match& match) { return match.baseline->rowLabel == name; });
    const std::string baseline = oneBaseline ? name : "the baseline";
    std::vector<Tally> faster;
    int nothing = 0;
    for (const Match& match : matches) {
        if (match.fastest && match.fastest->speed == Speed::Faster)
            count(faster, match.fastest->group.rowLabel, *match.fastest->speedup);
        else
            ++nothing;
    }
    std::ranges::stable_sort(faster, std::greater{}, &Tally::sections);
    std::vector<std::string> clauses;
    for (const Tally& tally : faster) {
        const std::string least = formatRatio(tally.least);
        const std::string most = formatRatio(tally.most);
        const std::string ratios = least == most ? most : least + " to " + most;
        clauses.push_back(fmt::format(
            "{} {} {}{} ({} × {})", tally.name, clauses.empty() ? "is the fastest in" : "in",
            tally.sections, clauses.empty() ? fmt::format(" of {} sections", matches.size()) : "",
            ratios, baseline));
    }
    if (clauses.empty())
        return fmt::format("nothing is clearly faster than {} in any of {} sections", baseline,
                           matches.size());
    std::string text = join(clauses, ", ");
    if (nothing > 0)
        text += fmt::format("; nothing is clearly faster than {} in {}", baseline, nothing);
    return text;
}

// Whether the fastest train what their own unsharded runs train.
std::string modelsWords(const std::vector<Match>& matches) {
    int unknown = 0;
    int same = 0;
    int another = 0;
    std::vector<std::string> different;
    for (const Match& match : matches) {
        if (!match.fastest) continue;
        const RunGroup& group = match.fastest->group;
        if (isReference(group)) continue;
        const ParityVerdict verdict = parityVerdict(group);
        if (verdict == ParityVerdict::Different)
            different.push_back(group.label + " is NOT the same model: " + parityComplaint(group));
        if (verdict == ParityVerdict::AnotherModel)
            ++another;
        else
            (verdict == ParityVerdict::Unknown ? unknown : same) += 1;
    }
    if (!different.empty()) {
        const std::size_t more = different.size() - 1;
        return "; " + different.front() +
               (more > 0 ? fmt::format(", and {} more of the fastest", more) : "");
    }
    if (unknown > 0)
        return fmt::format(
            "; whether the fastest are the same model as their unsharded runs is unknown in {}",
            unknown);
    if (another > 0)
        return fmt::format(
            "; each trains the model of its own unsharded run, {} of them another model than dense "
            "attention",
            another);
    return same > 0 ? "; each is the same model as its own unsharded run" : "";
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
    constexpr std::size_t told = 2;  // of more sections there is a summary
    std::vector<Match> matches = matchesOf(comparison);
    // Over another computation: after the others, and not one by one.
    const auto first = std::stable_partition(matches.begin(), matches.end(), isLikeForLike);
    const std::size_t alike = static_cast<std::size_t>(first - matches.begin());
    std::vector<std::string> sentences;
    if (alike > told) {
        const std::vector<Match> those(matches.begin(), first);
        sentences.push_back(talliesWords(those) + modelsWords(those));
    } else {
        for (std::size_t i = 0; i < alike; ++i) sentences.push_back(matchVerdict(matches[i]));
    }
    if (const std::size_t others = matches.size() - alike; others > 0 && matches.size() > told)
        sentences.push_back(fmt::format("{} {} no baseline of {} own", others,
                                        others == 1 ? "section has" : "sections have",
                                        others == 1 ? "its" : "their"));
    else
        for (auto match = first; match != matches.end(); ++match)
            sentences.push_back(matchVerdict(*match));
    if (sentences.empty())
        sentences.push_back(cohortVerdict(comparison.baseline.group, {}, Naming::Whole));
    const std::string sentence = (comparison.unlike.empty() ? "" : comparison.unlike + ": ") +
                                 join(sentences, "; ") + waitClause(comparison);
    const std::string unfinished = failures(comparison, sentence);
    return unfinished.empty() ? sentence : sentence + "; " + unfinished;
}

}  // namespace ringscope
