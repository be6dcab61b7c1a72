#include "backend/store/writer.h"

#include "backend/core/text.h"

#include <unistd.h>
#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <vector>

namespace ringscope::store {
namespace {

std::string hostName() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
    return name.data();
}

std::string bootId() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

std::string pidNamespace() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

struct ProcessFacts {
    std::string state;  // "R", "S", "Z", …
    std::string startTicks;
};

// Nothing where there is no such process.
std::optional<ProcessFacts> processFacts(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The program's name stands in parentheses and may hold blanks and parentheses itself.
    const std::size_t nameEnd = line.rfind(')');
    if (nameEnd == std::string::npos) return std::nullopt;
    const std::vector<std::string> fields =
        split(trim(std::string_view(line).substr(nameEnd + 1)), ' ');
    constexpr std::size_t startField = 22 - 3;  // proc(5) counts from 1 and the state is its third
    if (fields.size() <= startField) return std::nullopt;
    return ProcessFacts{fields[0], fields[startField]};
}

struct ProcessName {
    std::string boot;
    std::string pids;  // the namespace the pid counts in
    std::string startTicks;
};

std::string text(const ProcessName& name) {
    return name.boot + " " + name.pids + " " + name.startTicks;
}

std::optional<ProcessName> parseProcessName(const std::string& text) {
    const std::vector<std::string> parts = split(text, ' ');
    if (parts.size() != 3) return std::nullopt;
    return ProcessName{parts[0], parts[1], parts[2]};
}

}  // namespace

Writer currentWriter() {
    const std::int64_t pid = ::getpid();
    const std::optional<ProcessFacts> facts = processFacts(pid);
    return {hostName(), pid,
            text({bootId(), pidNamespace(), facts ? facts->startTicks : std::string()})};
}

WriterState stateOf(const Writer& writer) {
    const std::optional<ProcessName> name = parseProcessName(writer.process);
    if (!name || writer.host != hostName()) return WriterState::Unknown;
    if (name->boot != bootId()) return WriterState::Gone;
    if (name->pids != pidNamespace()) return WriterState::Unknown;
    const std::optional<ProcessFacts> facts = processFacts(writer.pid);
    const bool gone = !facts || facts->state == "Z" || facts->state == "X" ||
                      facts->startTicks != name->startTicks;
    return gone ? WriterState::Gone : WriterState::Alive;
}

}  // namespace ringscope::store
