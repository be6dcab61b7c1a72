// Files and folders of the product: whole-file reads, writes that never leave half a file, and
// where things live on this machine.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace ringscope {

Result<std::string> readFile(const std::filesystem::path& path);

// Writes beside the target, then renames: a reader sees the old file or the new one, and a full
// disk or a crash leaves the old one.
Result<void> writeFileAtomically(const std::filesystem::path& path, std::string_view content);

// The folder of the running program; ringscope-rank is looked for here first.
std::filesystem::path programDirectory();

// $XDG_DATA_HOME/ringscope (or ~/.local/share/ringscope): the store and run artifacts.
std::filesystem::path dataDirectory();

}  // namespace ringscope
