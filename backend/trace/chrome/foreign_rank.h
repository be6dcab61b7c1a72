// A rank's trace while it is put together from another tool's events.
#pragma once

#include "backend/trace/chrome/chrome_event.h"
#include "backend/trace/chrome/communication_calls.h"
#include "backend/trace/chrome/kernel_rules.h"
#include "backend/trace/chrome/name_table.h"
#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ringscope {

struct GpuPlace {
    std::int64_t device = 0;
    std::int64_t context = 0;
    std::int64_t stream = 0;
    auto operator<=>(const GpuPlace&) const = default;
};

class ForeignRank {
public:
    explicit ForeignRank(const KernelRules& rules) : rules_(&rules) {}

    // A name's number; the key is what the tool wrote, the name what it stands for.
    template <typename AsText>
    std::uint32_t nameOf(std::string_view key, const AsText& asText) {
        return names_.numberOf(key, asText);
    }
    const std::string& name(std::uint32_t number) const { return names_.names()[number]; }
    // By the rules; asked of each name once.
    KernelMeaning meaningOf(std::uint32_t name);

    void addHost(const Span& span, std::uint32_t name);
    // `correlation` ties it to launch(); 0: nothing does.
    void addGpu(const GpuPlace& place, const Span& span, std::uint32_t name,
                std::int64_t correlation);
    // The same of a kernel that communicates: what it says of itself, and the host's operation
    // that asked for it (0: not known). What it does not say is looked up among the calls.
    void addTransfer(const GpuPlace& place, const Span& span, std::uint32_t name,
                     std::int64_t correlation, std::int64_t externalId, CollectiveNote note);
    void launch(std::int64_t correlation, std::int64_t at, std::uint32_t thread = 0);
    void call(CommunicationCall call) { calls_.add(std::move(call)); }
    void skip(std::string_view what, std::uint64_t count = 1);

    bool empty() const { return host_.empty() && gpu_.empty(); }
    // All times by `base` later, spans sorted, launches found, GPU work put into its step,
    // communication described.
    RankTrace finish(std::int64_t base);
    // After finish(): a transfer's message is its place in this list, counted from 1.
    std::vector<CollectiveNote> takeNotes() { return std::move(notes_); }

private:
    struct Stream {
        std::vector<Span> spans;
        std::vector<std::uint32_t> names;
        std::vector<std::int64_t> correlations;
    };
    struct Launch {
        std::int64_t correlation = 0;
        std::int64_t at = 0;
        std::uint32_t thread = 0;
    };
    struct Asked {  // how a transfer's kernel was asked for
        std::int64_t correlation = 0;
        std::int64_t externalId = 0;
    };
    void dropImpossible();
    const Launch* launchOf(std::int64_t correlation) const;
    // The calls tell what kernels do, as far as a launch or an operation's number leads to them.
    void describeTransfers();
    // And by their order where nothing does; returns how many kernels.
    std::size_t describeByOrder(const std::vector<bool>& known);
    std::vector<Span> stepsInOrder() const;
    GpuStream finished(const GpuPlace& place, Stream stream, const std::vector<Span>& steps);

    const KernelRules* rules_;
    NameTable names_;
    std::vector<std::optional<KernelMeaning>> meanings_;
    std::vector<Span> host_;
    std::vector<std::uint32_t> hostNames_;
    std::map<GpuPlace, Stream> gpu_;
    GpuPlace lastPlace_;
    Stream* lastStream_ = nullptr;
    std::vector<Launch> launches_;  // after finish(): by correlation
    std::vector<CollectiveNote> notes_;
    std::vector<Asked> asked_;  // for each note
    CommunicationCalls calls_;
    std::vector<std::string> remarks_;
    TextMap<std::uint64_t> skipped_;
};

}  // namespace ringscope
