#include "backend/trace/file/trace_folder.h"

#include "backend/trace/file/trace_reader.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/several_runs.h"
#include "backend/trace/trace_files.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

Result<std::vector<std::filesystem::path>> traceFiles(const std::filesystem::path& place) {
    std::error_code failed;
    if (std::filesystem::is_regular_file(place, failed))
        return std::vector<std::filesystem::path>{place};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(place, failed))
        if (entry.path().extension() == ".trace") files.push_back(entry.path());
    if (failed)
        return Error{ErrorCode::NotFound,
                     "cannot read the trace folder '" + place.string() + "': " + failed.message()};
    if (files.empty())
        return Error{ErrorCode::NotFound, "there is no trace in '" + place.string() +
                                              "'; record one with profile.steps: [1, 3]"};
    std::ranges::sort(files);
    return files;
}

}  // namespace

Result<TraceFolder> readFolder(const std::filesystem::path& place, const ReadProgress& progress,
                               const TraceFileReader& read) {
    RINGSCOPE_TRY(const std::vector<std::filesystem::path> files, traceFiles(place));
    TraceFolder folder;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (progress && !progress(i, files.size()))
            return Error{ErrorCode::Cancelled, "stopped before all of the trace was read"};
        Result<RankTrace> rank = read(files[i]);
        if (rank.ok()) {
            folder.ranks.push_back(std::move(*rank));
            names.push_back(files[i].filename().string());
        } else {
            folder.unreadable.push_back(rank.error().message);
        }
    }
    if (folder.ranks.empty()) return Error{ErrorCode::Corrupt, folder.unreadable.front()};
    std::vector<RankOfFile> ranks;
    for (std::size_t i = 0; i < names.size(); ++i) ranks.push_back({&folder.ranks[i], names[i]});
    RINGSCOPE_CHECK(requireOneRun(ranks, place.string()));
    if (std::string others = leftOutNote(place, TraceKind::Own); !others.empty())
        folder.unreadable.push_back(std::move(others));
    return folder;
}

Result<Trace> readTrace(const std::filesystem::path& place, const ReadProgress& progress) {
    RINGSCOPE_TRY(TraceFolder folder, readFolder(place, progress, readTraceFile));
    Trace trace = mergeRanks(std::move(folder.ranks));
    trace.notes.insert(trace.notes.end(), folder.unreadable.begin(), folder.unreadable.end());
    return trace;
}

Result<void> writeTrace(const Trace& trace, const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
        return Error{ErrorCode::Failed,
                     "cannot make the folder '" + folder.string() + "': " + failed.message()};
    for (const RankTrace& rank : trace.ranks) {
        const std::filesystem::path file = folder / traceFileName(rank.origin.rank);
        RINGSCOPE_TRY(const std::unique_ptr<TraceWriter> writer,
                      TraceWriter::create(file, rank.origin));
        if (!rank.names.empty()) RINGSCOPE_CHECK(writer->names(rank.names));
        RINGSCOPE_CHECK(writer->append(rank.spans, rank.spanNames));
        for (const GpuStream& stream : rank.gpu) RINGSCOPE_CHECK(writer->append(stream));
        if (!rank.allocations.empty()) RINGSCOPE_CHECK(writer->append(rank.allocations));
        for (const std::string& note : rank.notes) RINGSCOPE_CHECK(writer->note(note));
        for (const std::string& loss : rank.losses) RINGSCOPE_CHECK(writer->note(loss));
        RINGSCOPE_CHECK(writer->dropped(rank.dropped));
        // The spans stand on the reference clock already; what is left to say is its error.
        for (const ClockSample& sample : rank.clock)
            RINGSCOPE_CHECK(writer->clock(
                {.local = sample.reference, .reference = sample.reference, .error = sample.error}));
        RINGSCOPE_CHECK(writer->close());
    }
    return {};
}

}  // namespace ringscope
