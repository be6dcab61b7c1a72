#include "tests/fuzz/targets.h"

#include "backend/analysis/trace_analysis.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/file/trace_contents.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/flight/flight_report.h"
#include "backend/trace/trace.h"
#include "tests/fuzz/require.h"

#include <sys/mman.h>
#include <unistd.h>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ringscope::fuzz {
namespace {

// A file that exists in memory only, for readers that take a path.
class MemoryFile {
public:
    MemoryFile(const std::uint8_t* data, std::size_t size) : file_(::memfd_create("fuzz", 0)) {
        if (file_ < 0 || ::write(file_, data, size) != static_cast<ssize_t>(size)) std::abort();
    }
    ~MemoryFile() { ::close(file_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

void analyzeWhole(const Trace& trace) {
    const TraceAnalysis analysis = analyzeAll(trace);
    require(analysis.violations.empty(),
            analysis.violations.empty() ? "" : analysis.violations.front());
    for (const RankTrace& rank : trace.ranks) {
        require(rank.spanNames.empty() || rank.spanNames.size() == rank.spans.size(),
                "a name for each span");
        for (const GpuStream& stream : rank.gpu)
            require(stream.names.empty() || stream.names.size() == stream.spans.size(),
                    "a name for each span of a GPU");
    }
}

}  // namespace

void traceFile(const std::uint8_t* data, std::size_t size) {
    const MemoryFile file(data, size);
    Result<RankTrace> rank = readTraceFile(file.path());
    if (!rank.ok()) {
        require(!rank.error().message.empty(), "a sentence for a file that cannot be read");
        return;
    }
    const Result<TraceContents> contents = readTraceContents(file.path());
    require(contents.ok() && contents->ranks.front().hostSpans == rank->spans.size(),
            "counting finds what reading does");
    std::vector<RankTrace> ranks;
    ranks.push_back(std::move(*rank));
    analyzeWhole(mergeRanks(std::move(ranks)));
}

void chromeImport(const std::uint8_t* data, std::size_t size) {
    const MemoryFile file(data, size);
    Result<std::vector<ImportedRank>> ranks = readChromeTrace(file.path(), KernelRules::builtIn());
    if (!ranks.ok()) {
        require(!ranks.error().message.empty(), "a sentence for a file that cannot be read");
        return;
    }
    for (const ImportedRank& rank : *ranks)
        for (const Span& span : rank.trace.spans)
            require(span.wellFormed(), "spans hold possible values");
    analyzeWhole(joinRanks(std::move(*ranks)));
}

void flightDump(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Result<FlightDump> dump = parseFlightDump(bytes);
    if (!dump.ok()) {
        require(!dump.error().message.empty(), "a sentence for a dump that cannot be read");
        return;
    }
    FlightDumps dumps;
    for (const int rank : {0, 1}) {
        dumps.dumps.push_back(*dump);
        dumps.dumps.back().rank = rank;
    }
    const FlightReport report = compareFlights(dumps);
    for (const std::string& sentence : report.sentences())
        require(!sentence.empty(), "a sentence for each finding");
    for (const FlightFinding& finding : report.findings)
        require(finding.fault != FlightFault::Operation && finding.fault != FlightFault::Sizes,
                "what is alike is called so");
}

}  // namespace ringscope::fuzz
