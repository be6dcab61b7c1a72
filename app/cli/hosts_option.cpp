#include "app/cli/hosts_option.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace ringscope::cli {
namespace {

bool isFile(const std::string& words) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(words, ignored);
}

// A host's settings are behind slashes too: node1:2/addr=10.0.0.5.
bool canOnlyBeAFile(const std::string& words) {
    if (words.starts_with('/') || words.starts_with('.') || words.starts_with('~')) return true;
    if (words.find_first_of(",:=@") != std::string::npos) return false;
    constexpr std::array<std::string_view, 6> endings = {".txt",  ".hosts", ".list",
                                                         ".conf", ".cfg",   "hostfile"};
    return words.find('/') != std::string::npos ||
           std::ranges::any_of(endings, [&](std::string_view end) { return words.ends_with(end); });
}

Error noFile(const std::string& words) {
    return {ErrorCode::Unavailable,
            "no such hostfile: '" + words + "'; hosts are named like node1:2,node2:2"};
}

}  // namespace

Result<std::vector<HostSpec>> hostsNamed(const std::string& words) {
    if (isFile(words)) return readHostfile(words);
    if (canOnlyBeAFile(words)) return noFile(words);
    return parseHosts(split(words, ','));
}

Result<std::vector<std::string>> hostOverrides(const std::string& words) {
    if (!isFile(words) && canOnlyBeAFile(words)) return noFile(words);
    return std::vector<std::string>{"launch.transport=ssh", isFile(words)
                                                                ? "launch.hostfile=" + words
                                                                : "launch.hosts=" + words};
}

}  // namespace ringscope::cli
