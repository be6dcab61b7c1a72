// Tokens that were made once, in files under cacheDirectory()/tokens. A file's name is a hash of
// what its tokens were made of.
//
// Whoever needs a file that is not there makes it, beside its place, and renames it when it is
// whole; others on the host wait. A maker that is killed leaves its lock open and half a file,
// which the next one removes. A file that is damaged is made again.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t mostBytesOfTokens = std::int64_t{32} << 30;

class TokenCache {
public:
    explicit TokenCache(std::filesystem::path folder, std::int64_t mostBytes = mostBytesOfTokens)
        : folder_(std::move(folder)), mostBytes_(mostBytes) {}
    static TokenCache ofUser();

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path fileOf(const std::string& key) const;

    // The path of the key's file. Where there is none that `isWhole`, `make` writes it. Called
    // again and again while another makes it, `wait` may fail to give up. Files that were not used
    // for longest go when all take more than the limit. Fails with what `make` and `wait` fail
    // with, or with Unavailable where the folder cannot be used.
    struct Making {
        std::function<bool(const std::filesystem::path& file)> isWhole;
        std::function<Result<void>(std::ostream& out)> make;
        std::function<Result<void>()> wait;
    };
    Result<std::filesystem::path> file(const std::string& key, const Making& making) const;

    struct Entry {
        std::filesystem::path file;
        std::int64_t bytes = 0;
        std::filesystem::file_time_type used{};
    };
    // Those used last come first.
    std::vector<Entry> entries() const;

    // Removes all files, also those that makers are at, who make them in memory then; returns how
    // many bytes they had. A run that reads one keeps it.
    Result<std::int64_t> clear() const;

private:
    Result<void> make(const std::filesystem::path& file, const Making& making) const;
    void removeHalves(const std::filesystem::path& file) const;
    void bound(const std::filesystem::path& kept) const;

    std::filesystem::path folder_;
    std::int64_t mostBytes_;
};

}  // namespace ringscope
