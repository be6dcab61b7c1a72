#include "backend/trace/flight/flight_dump.h"

#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/trace/flight/pickle.h"
#include "backend/trace/span.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using Kind = PickleValue::Kind;

std::string textOr(const PickleValue* value, std::string otherwise = {}) {
    if (value == nullptr) return otherwise;
    if (value->isText()) return value->text;
    return value->kind == Kind::Integer ? std::to_string(value->integer) : otherwise;
}

std::optional<std::int64_t> integerIn(const PickleValue& map, std::string_view key) {
    const PickleValue* value = map.find(key);
    if (value == nullptr || (value->kind != Kind::Integer && value->kind != Kind::Boolean))
        return std::nullopt;
    return value->integer;
}

std::vector<std::vector<std::int64_t>> sizesIn(const PickleValue& map, std::string_view key) {
    std::vector<std::vector<std::int64_t>> sizes;
    const PickleValue* list = map.find(key);
    if (list == nullptr || !list->isSequence()) return sizes;
    for (const PickleValue* tensor : list->items) {
        std::vector<std::int64_t>& size = sizes.emplace_back();
        if (!tensor->isSequence()) continue;
        for (const PickleValue* length : tensor->items)
            if (length->kind == Kind::Integer) size.push_back(length->integer);
    }
    return sizes;
}

std::vector<std::string> wordsIn(const PickleValue& map, std::string_view key) {
    std::vector<std::string> words;
    const PickleValue* list = map.find(key);
    if (list != nullptr && list->isSequence())
        for (const PickleValue* word : list->items) words.push_back(textOr(word));
    return words;
}

// "[0, 1, 5]", or the numbers themselves.
std::vector<int> ranksOf(const PickleValue* value) {
    std::vector<int> ranks;
    const auto add = [&](std::int64_t rank) {
        if (rank >= 0 && rank < mostRanks) ranks.push_back(static_cast<int>(rank));
    };
    if (value == nullptr) return ranks;
    if (value->isSequence()) {
        for (const PickleValue* rank : value->items)
            if (rank->kind == Kind::Integer) add(rank->integer);
    } else if (value->isText()) {
        std::int64_t number = -1;
        for (const char c : value->text + " ") {
            if (c >= '0' && c <= '9')
                number = std::min<std::int64_t>(std::max<std::int64_t>(number, 0) * 10 + (c - '0'),
                                                mostRanks);
            else if (number >= 0)
                add(std::exchange(number, -1));
        }
    }
    std::ranges::sort(ranks);
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    return ranks;
}

std::vector<FlightFrame> framesIn(const PickleValue& entry) {
    std::vector<FlightFrame> frames;
    const PickleValue* list = entry.find("frames");
    if (list == nullptr || !list->isSequence()) return frames;
    for (const PickleValue* frame : list->items)
        frames.push_back({textOr(frame->find("name")), textOr(frame->find("filename")),
                          integerIn(*frame, "line").value_or(0)});
    return frames;
}

// "nccl:send 0->1" and "nccl:recv 1<-0" name both ends.
void takeName(const std::string& name, FlightEntry& entry) {
    const auto colon = name.find(':');
    entry.library = colon == std::string::npos ? "" : name.substr(0, colon);
    const std::string words = colon == std::string::npos ? name : name.substr(colon + 1);
    const auto space = words.find(' ');
    entry.operation = words.substr(0, space);
    if (space == std::string::npos) return;
    int first = -1;
    int second = -1;
    char direction = 0;
    if (std::sscanf(words.c_str() + space, " %d%c%*c%d", &first, &direction, &second) != 3) return;
    entry.from = direction == '-' ? first : second;
    entry.to = direction == '-' ? second : first;
}

FlightEntry entryFrom(const PickleValue& value) {
    FlightEntry entry;
    const PickleValue* group = value.find("process_group");
    if (group != nullptr && group->isSequence() && !group->items.empty())
        entry.group = textOr(group->items.front());
    else
        entry.group = textOr(group, textOr(value.find("pg_name"), textOr(value.find("pg_id"))));
    entry.message = integerIn(value, "is_p2p").value_or(0) != 0;
    entry.sequence = integerIn(value, entry.message ? "p2p_seq_id" : "collective_seq_id")
                         .value_or(integerIn(value, "seq_id").value_or(0));
    entry.operationId = integerIn(value, "op_id").value_or(0);
    takeName(textOr(value.find("profiling_name")), entry);
    entry.inputSizes = sizesIn(value, "input_sizes");
    entry.outputSizes = sizesIn(value, "output_sizes");
    entry.inputTypes = wordsIn(value, "input_dtypes");
    entry.state = textOr(value.find("state"));
    entry.retired = integerIn(value, "retired").value_or(0) != 0;
    entry.createdNs = integerIn(value, "time_created_ns").value_or(0);
    entry.frames = framesIn(value);
    return entry;
}

}  // namespace

std::string FlightEntry::place() const {
    const FlightFrame* chosen = frames.empty() ? nullptr : &frames.front();
    for (const FlightFrame& frame : frames)
        if (frame.file.find("/torch/") == std::string::npos && !frame.file.starts_with("torch/")) {
            chosen = &frame;
            break;
        }
    if (chosen == nullptr) return {};
    return fmt::format("{}:{} in {}", chosen->file, chosen->line, chosen->function);
}

std::string FlightEntry::inputWords() const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < inputSizes.size(); ++i)
        words.push_back(fmt::format("[{}]{}{}", fmt::join(inputSizes[i], ", "),
                                    i < inputTypes.size() ? " " : "",
                                    i < inputTypes.size() ? inputTypes[i] : ""));
    return join(words, ", ");
}

Result<FlightDump> parseFlightDump(std::string_view bytes) {
    RINGSCOPE_TRY(const Pickle pickle, Pickle::read(bytes));
    const PickleValue& root = pickle.root();
    const PickleValue* entries = root.find("entries");
    if (entries == nullptr || !entries->isSequence())
        return Error{ErrorCode::Corrupt,
                     "this pickle is no dump of PyTorch's flight recorder: it has no entries"};
    FlightDump dump;
    dump.version = textOr(root.find("version"));
    if (!dump.version.starts_with("1.") && !dump.version.starts_with("2."))
        return Error{
            ErrorCode::Corrupt,
            fmt::format("a dump of version '{}'; versions 1.x and 2.x are read", dump.version)};
    if (const PickleValue* groups = root.find("pg_config");
        groups != nullptr && groups->kind == Kind::Map)
        for (std::size_t i = 0; i + 1 < groups->items.size(); i += 2) {
            const PickleValue& group = *groups->items[i + 1];
            dump.groups[textOr(groups->items[i])] = {textOr(group.find("desc")),
                                                     ranksOf(group.find("ranks"))};
        }
    for (const PickleValue* entry : entries->items) dump.entries.push_back(entryFrom(*entry));
    return dump;
}

std::optional<int> flightRank(const fs::path& file) {
    const std::string name = file.filename().string();
    const std::size_t last = name.find_last_not_of("0123456789");
    const std::size_t from = last == std::string::npos ? 0 : last + 1;
    if (from == name.size() || name.size() - from > 4) return std::nullopt;
    const int rank = std::stoi(name.substr(from));
    return rank < mostRanks ? std::optional(rank) : std::nullopt;
}

Result<FlightDumps> readFlightDumps(const fs::path& place) {
    std::error_code failed;
    std::vector<fs::path> files;
    if (fs::is_directory(place, failed)) {
        for (const auto& entry : fs::directory_iterator(place, failed))
            if (entry.is_regular_file(failed)) files.push_back(entry.path());
    } else if (fs::exists(place, failed)) {
        files.push_back(place);
    } else {
        return Error{ErrorCode::NotFound, "there is no file or folder '" + place.string() + "'"};
    }
    std::ranges::sort(files);
    FlightDumps read;
    std::size_t others = 0;
    for (const fs::path& file : files) {
        const std::optional<int> rank = flightRank(file);
        if (!rank) {
            ++others;
            continue;
        }
        const std::string name = file.filename().string();
        const Result<std::string> bytes = readFile(file);
        Result<FlightDump> dump =
            bytes.ok() ? parseFlightDump(*bytes) : Result<FlightDump>(bytes.error());
        if (!dump.ok()) {
            read.notes.push_back("'" + name + "': " + dump.error().message);
            continue;
        }
        const auto same = std::ranges::find(read.dumps, *rank, &FlightDump::rank);
        if (same != read.dumps.end()) {
            read.notes.push_back(fmt::format("'{}' is left out: '{}' is of rank {} as well", name,
                                             same->file, *rank));
            continue;
        }
        dump->rank = *rank;
        dump->file = name;
        read.dumps.push_back(std::move(*dump));
    }
    if (others > 0)
        read.notes.push_back(
            fmt::format("{} left out: {} name does not end in a rank",
                        others == 1 ? "1 file is" : fmt::format("{} files are", others),
                        others == 1 ? "its" : "their"));
    if (read.dumps.empty())
        return Error{
            read.notes.empty() || others == files.size() ? ErrorCode::NotFound : ErrorCode::Corrupt,
            read.notes.empty() || others == files.size()
                ? "there is no dump of PyTorch's flight recorder in '" + place.string() +
                      "'; expected a file a rank, <prefix><rank>, as "
                      "TORCH_FR_DUMP_TEMP_FILE names them"
                : read.notes.front()};
    std::ranges::sort(read.dumps, {}, &FlightDump::rank);
    return read;
}

}  // namespace ringscope
