#include "backend/run/protocol.h"

#include "backend/run/frames.h"

#include <array>
#include <csignal>
#include <utility>

namespace ringscope {
namespace wire {
namespace {

constexpr int highestPort = 65535;

// The members of the alternative that `any` holds, and its type.
template <typename... Frames>
Json alternative(const std::variant<Frames...>& any) {
    return std::visit(
        [](const auto& frame) {
            using Frame = std::remove_cvref_t<decltype(frame)>;
            Writer io;
            io("type", std::string(Wire<Frame>::type));
            Wire<Frame>::members(io, frame);
            return std::move(io.object);
        },
        any);
}

template <typename... Frames>
Json toJson(const std::variant<Frames...>& frame) {
    Json object = alternative(frame);
    object["v"] = protocolVersion;
    return object;
}

// Whether the values of a frame are allowed; their types are right already.
template <typename Frame>
bool isValid(const Frame& frame) {
    if constexpr (requires { frame.port; } && !std::is_same_v<Frame, Listening>)
        return frame.port > 0 && frame.port <= highestPort;
    return true;
}

// Reads `object` as a Frame where its type says so.
template <typename Frame, typename Variant>
void tryRead(const Json& object, const std::string& type, std::optional<Variant>& frame) {
    if (frame || type != Wire<Frame>::type) return;
    Frame candidate;
    Reader io(object);
    Wire<Frame>::members(io, candidate);
    if (io.ok() && isValid(candidate)) frame = std::move(candidate);
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

void jobMember(Writer& io, const Job& job) { io.object["job"] = alternative(job); }

void jobMember(Reader& io, Job& job) {
    const Json* object = io.member("job");
    if (object == nullptr) return;
    std::string type;
    Reader part(*object);
    if (!object->is_object()) return io.refuse();
    part("type", type);
    std::optional<Job> read;
    tryRead<Training>(*object, type, read);
    tryRead<Verification>(*object, type, read);
    tryRead<Evaluation>(*object, type, read);
    tryRead<Generation>(*object, type, read);
    if (!read) return io.refuse();
    job = std::move(*read);
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

namespace wire {
namespace {

const std::string* textOf(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

// Of version 1 a job was one text: the experiment file, or the JSON of what to verify.
Json jobFrom(const std::string& text) {
    Json request = parseObject(text);
    if (request.is_object())
        return {{"type", Wire<Verification>::type}, {"request", std::move(request)}};
    return {{"type", Wire<Training>::type}, {"config", text}};
}

void updateFromVersion1(Json& object) {
    const std::string* const named = textOf(object, "type");
    const std::string type = named == nullptr ? "" : *named;
    object["v"] = 2;
    if (const std::string* config = textOf(object, "config"); type == "start" && config != nullptr)
        object["job"] = jobFrom(*config);
    if (const std::string* yaml = textOf(object, "yaml"); type == "config" && yaml != nullptr) {
        object["job"] = jobFrom(*yaml);
        object["type"] = Wire<RankJob>::type;
    }
    if (type == Wire<RankHello>::type) object["plan"] = "";
    if (const std::string* verdict = textOf(object, "verdict"); verdict != nullptr) {
        if (verdict->empty()) object["type"] = Wire<RankTurn>::type;
        object["verdict"] = parseObject(*verdict);
    }
    if (const auto event = object.find("event"); event != object.end() && event->is_object())
        updateFromVersion1(*event);
}

}  // namespace
}  // namespace wire

std::string currentLine(std::string_view line) {
    wire::Json object = wire::parseObject(line);
    if (!object.is_object() || !wire::isShallow(object)) return std::string(line);
    const auto version = object.find("v");
    if (version == object.end() || *version != 1) return std::string(line);
    wire::updateFromVersion1(object);
    return wire::dump(object);
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
