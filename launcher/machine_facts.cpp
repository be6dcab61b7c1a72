#include "launcher/machine_facts.h"

#include "backend/core/text.h"
#include "launcher/gpus.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

// Calls `use` with each line's key and value, "key : value" or "key=value", until it returns false.
void forEachEntry(const fs::path& file, char separator,
                  const std::function<bool(std::string_view key, std::string_view value)>& use) {
    std::ifstream lines(file);
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t at = line.find(separator);
        if (at == std::string::npos) continue;
        const std::string_view text(line);
        if (!use(trim(text.substr(0, at)), trim(text.substr(at + 1)))) return;
    }
}

std::string entry(const fs::path& file, char separator, std::string_view wanted) {
    std::string found;
    forEachEntry(file, separator, [&](std::string_view key, std::string_view value) {
        if (key == wanted) found = value;
        return found.empty();
    });
    return found;
}

std::optional<std::int64_t> leadingNumber(std::string_view text) {
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} ? std::optional(number) : std::nullopt;
}

std::string firstLine(const fs::path& file) {
    std::ifstream lines(file);
    std::string line;
    std::getline(lines, line);
    return line;
}

// Every control group (version 2) that this process is in, innermost first.
std::vector<fs::path> controlGroups(const fs::path& root) {
    const fs::path top = root / "sys/fs/cgroup";
    std::string group;
    forEachEntry(root / "proc/self/cgroup", ':', [&](std::string_view key, std::string_view value) {
        if (key == "0" && value.starts_with(':')) group = value.substr(1);
        return group.empty();
    });
    std::vector<fs::path> groups;
    for (fs::path at = fs::path(group).relative_path(); !at.empty(); at = at.parent_path())
        groups.push_back(top / at);
    groups.push_back(top);
    return groups;
}

// Whole processors of the tightest quota; nothing where there is none.
std::optional<int> coreQuota(const fs::path& root) {
    std::optional<int> fewest;
    for (const fs::path& group : controlGroups(root)) {
        const std::vector<std::string> words = split(firstLine(group / "cpu.max"), ' ');
        if (words.size() != 2) continue;
        const auto quota = leadingNumber(words[0]);
        const auto period = leadingNumber(words[1]);
        if (!quota || !period || *period <= 0) continue;
        const int cores =
            static_cast<int>(std::ceil(static_cast<double>(*quota) / static_cast<double>(*period)));
        fewest = std::min(fewest.value_or(cores), std::max(1, cores));
    }
    return fewest;
}

int usableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    const int allowed = ::sched_getaffinity(0, sizeof set, &set) == 0
                            ? CPU_COUNT(&set)
                            : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    return std::min(allowed, coreQuota("/").value_or(allowed));
}

std::string machineName() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

// The bytes of an IPv4 or IPv6 address, to compare; empty for any other kind.
std::string addressBytes(const sockaddr* address) {
    if (address == nullptr) return {};
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        return {reinterpret_cast<const char*>(&v4->sin_addr), sizeof v4->sin_addr};
    }
    if (address->sa_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
        return {reinterpret_cast<const char*>(&v6->sin6_addr), sizeof v6->sin6_addr};
    }
    return {};
}

}  // namespace

std::string processorName(const fs::path& root) {
    const fs::path file = root / "proc/cpuinfo";
    for (const char* key : {"model name", "Model", "cpu model", "cpu"})
        if (std::string name = entry(file, ':', key); !name.empty()) return name;
    std::string board = firstLine(root / "proc/device-tree/model");
    if (const std::size_t end = board.find('\0'); end != std::string::npos) board.resize(end);
    return board;
}

std::string distributionName(const fs::path& root) {
    std::string name = entry(root / "etc/os-release", '=', "PRETTY_NAME");
    std::erase(name, '"');
    return name;
}

Bytes memoryOf(const fs::path& root) {
    const auto kilobytes = leadingNumber(entry(root / "proc/meminfo", ':', "MemTotal"));
    std::int64_t least = kilobytes.value_or(0) * 1024;
    for (const fs::path& group : controlGroups(root)) {
        const auto limit = leadingNumber(firstLine(group / "memory.max"));  // "max": no limit
        if (limit && *limit > 0 && (least == 0 || *limit < least)) least = *limit;
    }
    return {least};
}

Bytes freeMemoryOf(const fs::path& root) {
    const auto kilobytes = leadingNumber(entry(root / "proc/meminfo", ':', "MemAvailable"));
    std::int64_t least = kilobytes.value_or(0) * 1024;
    for (const fs::path& group : controlGroups(root)) {
        const auto limit = leadingNumber(firstLine(group / "memory.max"));
        const auto taken = leadingNumber(firstLine(group / "memory.current"));
        if (!limit || !taken) continue;
        // Pages of files count as taken and are given up where memory is wanted.
        const auto files = leadingNumber(entry(group / "memory.stat", ' ', "inactive_file"));
        const std::int64_t left = std::max<std::int64_t>(
            0, *limit - std::max<std::int64_t>(0, *taken - files.value_or(0)));
        if (least == 0 || left < least) least = left;
    }
    return {least};
}

std::string interfaceOf(const std::string& address) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (address.empty() || ::getaddrinfo(address.c_str(), nullptr, &wanted, &found) != 0) return {};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> interfaces(list, ::freeifaddrs);
    for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
        const std::string bytes = addressBytes(one->ai_addr);
        if (one->ai_family == AF_INET && !bytes.empty() && bytes.front() == 127) return "lo";
        for (const ifaddrs* own = interfaces.get(); own != nullptr; own = own->ifa_next)
            if (!bytes.empty() && addressBytes(own->ifa_addr) == bytes) return own->ifa_name;
    }
    return {};
}

HostFacts machineFacts(const std::string& address) {
    utsname kernel{};
    ::uname(&kernel);
    HostFacts facts;
    facts.machine = machineName();
    facts.processor = processorName("/");
    if (facts.processor.empty()) facts.processor = kernel.machine;
    facts.cores = usableCores();
    facts.memory = memoryOf("/");
    facts.system = std::string(kernel.sysname) + " " + kernel.release;
    if (const std::string name = distributionName("/"); !name.empty()) facts.system += ", " + name;
    GpuReport gpus = findGpus();
    facts.gpus = std::move(gpus.models);
    facts.driver = std::move(gpus.driver);
    facts.interface = interfaceOf(address);
    return facts;
}

}  // namespace ringscope
