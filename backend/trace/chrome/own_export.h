// Reads what writeChromeTrace() wrote, with all fields of every span.
//
// The export's first event is a mark; an event with a mark before it says its tag in its args, its
// rank in its pid and, where a GPU did it, its stream. What memory held is drawn as a counter,
// which says less than was known: the allocations themselves stand beside it, some at a time, in
// events of metadata that other programs pass over. Each is a row of numbers:
//
//   [begin, end, bytes, step, layer, category]   times in ns after the base; an end of null: held
#pragma once

#include "backend/trace/chrome/chrome_event.h"
#include "backend/trace/chrome/name_table.h"
#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ringscope {

inline constexpr std::string_view ownExportMark = "ringscope_export";
inline constexpr std::string_view allocationsMark = "ringscope_allocations";

class OwnExport {
public:
    // Whether the event is one of an export of ours and is taken care of.
    bool take(const ChromeEvent& event);
    // The ranks, times by `base` later; `around` is the document without its events.
    std::vector<RankTrace> finish(std::int64_t base, const nlohmann::json& around);

private:
    using Stream = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // device, context, stream
    struct Columns {
        std::vector<Span> spans;
        std::vector<std::int64_t> launched;
    };
    struct Rank {
        std::vector<Span> host;
        std::map<Stream, Columns> gpu;
        std::vector<Allocation> allocations;
    };
    struct Opened {
        int rank = 0;
        std::optional<Stream> stream;
        std::int64_t begin = 0;
        std::int64_t launched = 0;
        SpanTag tag;
    };
    void add(const Opened& opened, std::int64_t end);
    void takeAllocations(const ChromeEvent& event);
    RankTrace finished(int number, Rank parts, std::int64_t base);

    bool marked_ = false;
    std::uint64_t broken_ = 0;
    std::map<int, Rank> ranks_;
    TextMap<Opened> open_;  // messages under way, by their id
};

}  // namespace ringscope
