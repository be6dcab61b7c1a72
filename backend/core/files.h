// Files and folders of the product: whole-file reads, and where things live on this machine.
#pragma once

#include "backend/core/result.h"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>

namespace ringscope {

// A regular file, of any size: a pipe or a device could block or never end.
Result<std::string> readFile(const std::filesystem::path& path);

// The same; fails with InvalidConfig where it has more bytes than `most`.
Result<std::string> readFile(const std::filesystem::path& path, std::size_t most);

// A file that a person writes: an experiment, a hostfile, rules. Fails with InvalidConfig where it
// is larger than any of them.
inline constexpr std::size_t largestTextFile = std::size_t{16} << 20;  // bytes
Result<std::string> readTextFile(const std::filesystem::path& path);

// The same of a stream; `name` is what the sentence calls it ("standard input").
Result<std::string> readText(std::istream& in, const std::string& name);

// "cannot read 'a.yaml': No such file or directory": `what` was tried, `number` is errno.
Error fileError(const std::filesystem::path& path, std::string_view what, int number);

// Makes the folder and those above it that are missing, for this user alone: results, logs and
// traces name hosts, commands and models. Folders that are there stay as they are.
Result<void> makePrivateFolder(const std::filesystem::path& folder);

// The folder of the running program; ringscope-rank is looked for here first.
std::filesystem::path programDirectory();

// $XDG_DATA_HOME/ringscope (or ~/.local/share/ringscope): the store and run artifacts.
std::filesystem::path dataDirectory();

// $RINGSCOPE_CACHE (or $XDG_CACHE_HOME/ringscope, or ~/.cache/ringscope): what can be made again.
std::filesystem::path cacheDirectory();

}  // namespace ringscope
