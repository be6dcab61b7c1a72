// What a user named as an output (`-o`), written once and whole.
//
//     RINGSCOPE_CHECK(writeOutput("report.html", page));
//     RINGSCOPE_CHECK(writeOutput("trace.json", [&](std::ostream& out) { ... }));
//
//   what stands there           what happens
//   nothing, a regular file     written beside it, then renamed: a reader sees the old file or the
//                               new one, and a full disk or a crash leaves the old one. The file
//                               keeps its permissions.
//   a link                      the same with what it names; the link stays
//   a device, a pipe            written through
//   a folder, a socket, a disk, a file that its owner may not write,
//   a link to nothing, a pipe that nobody reads                           refused, untouched
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace ringscope {

Result<void> writeOutput(const std::filesystem::path& path, std::string_view content);
Result<void> writeOutput(const std::filesystem::path& path,
                         const std::function<void(std::ostream&)>& write);

// Whether writing to `path` would replace a file that is there, also by way of a link.
bool replacesAFile(const std::filesystem::path& path);

}  // namespace ringscope
