// A rank's trace while it is put together from another tool's events.
#pragma once

#include "backend/trace/chrome/chrome_event.h"
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
    void launch(std::int64_t correlation, std::int64_t at);
    void skip(std::string_view what, std::uint64_t count = 1);

    bool empty() const { return host_.empty() && gpu_.empty(); }
    // All times by `base` later, spans sorted, launches found, GPU work put into its step, messages
    // numbered where the tool gave no numbers.
    RankTrace finish(std::int64_t base);

private:
    struct Stream {
        std::vector<Span> spans;
        std::vector<std::uint32_t> names;
        std::vector<std::int64_t> correlations;
    };
    void dropImpossible();
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
    std::vector<std::pair<std::int64_t, std::int64_t>> launches_;  // correlation, when
    TextMap<std::uint64_t> skipped_;
};

}  // namespace ringscope
