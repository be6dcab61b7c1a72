#include "backend/core/git_head.h"

#include "backend/core/text.h"

#include <fstream>
#include <string_view>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

std::string firstLine(const fs::path& file) {
    std::ifstream lines(file);
    std::string line;
    std::getline(lines, line);
    return std::string(trim(line));
}

bool isHash(std::string_view text) {
    constexpr std::size_t sha1 = 40;
    constexpr std::size_t sha256 = 64;
    return (text.size() == sha1 || text.size() == sha256) &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What follows a prefix on the file's first line.
std::string after(const fs::path& file, std::string_view prefix) {
    const std::string line = firstLine(file);
    return line.starts_with(prefix) ? std::string(trim(line.substr(prefix.size()))) : std::string();
}

// The work tree's own git folder: `.git`, or the folder that a file of this name refers to.
fs::path gitFolder(const fs::path& folder) {
    std::error_code failed;
    for (fs::path at = fs::absolute(folder, failed).lexically_normal();; at = at.parent_path()) {
        const fs::path git = at / ".git";
        if (fs::is_directory(git, failed)) return git;
        if (fs::is_regular_file(git, failed)) return at / after(git, "gitdir:");
        if (!at.has_relative_path()) return {};
    }
}

std::string packedReference(const fs::path& shared, const std::string& name) {
    std::ifstream lines(shared / "packed-refs");
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t blank = line.find(' ');
        if (blank != std::string::npos && trim(line.substr(blank + 1)) == name)
            return line.substr(0, blank);
    }
    return {};
}

}  // namespace

std::string gitCommit(const fs::path& folder) {
    const fs::path own = gitFolder(folder);
    if (own.empty()) return {};
    // A linked work tree keeps its references in the main one's folder.
    const std::string common = firstLine(own / "commondir");
    const fs::path shared = common.empty() ? own : own / common;
    std::string head = firstLine(own / "HEAD");
    constexpr int longestChain = 5;  // symbolic references may refer to others
    for (int i = 0; i < longestChain && head.starts_with("ref:"); ++i) {
        const std::string name(trim(head.substr(4)));
        head = firstLine(own / name);
        if (head.empty()) head = firstLine(shared / name);
        if (head.empty()) head = packedReference(shared, name);
    }
    return isHash(head) ? head : std::string();
}

}  // namespace ringscope
