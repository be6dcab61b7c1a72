// The commit that is checked out in a folder, read from git's own files.
#pragma once

#include <filesystem>
#include <string>

namespace ringscope {

// The full hash of the work tree that holds `folder`; empty where there is none, before the first
// commit, and where the files are of a kind that is not known here.
std::string gitCommit(const std::filesystem::path& folder);

}  // namespace ringscope
