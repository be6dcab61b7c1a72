#include "backend/run/protocol.h"

#include "backend/run/frames.h"

#include <array>
#include <csignal>
#include <utility>

namespace ringscope {
namespace wire {
namespace {

constexpr int highestPort = 65535;

template <typename... Frames>
Json toJson(const std::variant<Frames...>& frame) {
    return std::visit(
        [](const auto& alternative) {
            using Frame = std::remove_cvref_t<decltype(alternative)>;
            Writer io;
            io("v", protocolVersion);
            io("type", std::string(Wire<Frame>::type));
            Wire<Frame>::members(io, alternative);
            return std::move(io.object);
        },
        frame);
}

bool sensible(const auto&) { return true; }
bool sensible(const RankRendezvous& frame) { return frame.port > 0 && frame.port <= highestPort; }
bool sensible(const Reach& frame) { return frame.port > 0 && frame.port <= highestPort; }
bool sensible(const Rendezvous& frame) { return frame.port > 0 && frame.port <= highestPort; }

// Reads `object` as a Frame where its type says so.
template <typename Frame, typename Variant>
void tryRead(const Json& object, const std::string& type, std::optional<Variant>& frame) {
    if (frame || type != Wire<Frame>::type) return;
    Frame candidate;
    Reader io(object);
    Wire<Frame>::members(io, candidate);
    if (io.ok() && sensible(candidate)) frame = std::move(candidate);
}

template <typename Variant>
struct AnyOf;

template <typename... Frames>
struct AnyOf<std::variant<Frames...>> {
    static std::optional<std::variant<Frames...>> read(const Json& object) {
        std::optional<std::variant<Frames...>> frame;
        if (!object.is_object()) return frame;
        int version = 0;
        std::string type;
        Reader io(object);
        io("v", version);
        io("type", type);
        if (io.ok() && version == protocolVersion) (tryRead<Frames>(object, type, frame), ...);
        return frame;
    }
};

template <typename Variant>
std::optional<Variant> parse(std::string_view line) {
    return AnyOf<Variant>::read(parseObject(line));
}

}  // namespace

void Wire<StartRanks>::processes(Writer& io, const std::vector<StartRanks::Process>& ranks) {
    Json list = Json::array();
    for (const StartRanks::Process& process : ranks) {
        Writer part;
        Wire<StartRanks::Process>::members(part, process);
        list.push_back(std::move(part.object));
    }
    io.object["ranks"] = std::move(list);
}

void Wire<StartRanks>::processes(Reader& io, std::vector<StartRanks::Process>& ranks) {
    const Json* list = io.member("ranks");
    if (list == nullptr) return;
    if (!list->is_array()) return io.refuse();
    for (const Json& object : *list) {
        if (!object.is_object()) return io.refuse();
        Reader part(object);
        Wire<StartRanks::Process>::members(part, ranks.emplace_back());
        if (!part.ok()) return io.refuse();
    }
}

void Wire<RankSaid>::event(Writer& io, const RankEvent& event) {
    io.object["event"] = toJson(event);
}

void Wire<RankSaid>::event(Reader& io, RankEvent& event) {
    const Json* object = io.member("event");
    if (object == nullptr) return;
    std::optional<RankEvent> read = AnyOf<RankEvent>::read(*object);
    if (!read) return io.refuse();
    event = std::move(*read);
}

}  // namespace wire

std::string toLine(const RankEvent& event) { return wire::dump(wire::toJson(event)); }
std::string toLine(const AgentCommand& command) { return wire::dump(wire::toJson(command)); }
std::string toLine(const RankCommand& command) { return wire::dump(wire::toJson(command)); }
std::string toLine(const AgentFrame& frame) { return wire::dump(wire::toJson(frame)); }

std::optional<RankEvent> parseRankEvent(std::string_view line) {
    return wire::parse<RankEvent>(line);
}
std::optional<AgentCommand> parseAgentCommand(std::string_view line) {
    return wire::parse<AgentCommand>(line);
}
std::optional<RankCommand> parseRankCommand(std::string_view line) {
    return wire::parse<RankCommand>(line);
}
std::optional<AgentFrame> parseAgentFrame(std::string_view line) {
    return wire::parse<AgentFrame>(line);
}

std::optional<int> foreignVersion(std::string_view line) {
    const wire::Json object = wire::parseObject(line);
    if (!object.is_object()) return std::nullopt;
    int version = 0;
    std::string type;
    wire::Reader io(object);
    io("v", version);
    io("type", type);
    if (!io.ok() || version == protocolVersion) return std::nullopt;
    return version;
}

int rankOf(const RankEvent& event) {
    return std::visit([](const auto& alternative) { return alternative.rank; }, event);
}

std::string signalName(int signal) {
    constexpr std::array<std::pair<int, const char*>, 19> names = {{
        {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},
        {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
        {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"}, {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
        {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"}, {SIGSTOP, "SIGSTOP"},
        {SIGSYS, "SIGSYS"},   {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
    }};
    for (const auto& [number, name] : names)
        if (number == signal) return name;
    return "signal " + std::to_string(signal);
}

}  // namespace ringscope
