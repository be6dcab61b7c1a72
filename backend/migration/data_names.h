// The names that a key gives data sets, and the files that they mean.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// The names in "a,b", "[a, b]" or "[{path: a, type: chat_template}]".
std::vector<std::string> dataNames(const std::string& text);

// Whether Ringscope reads data from a file with such a name.
bool isDataFile(std::string_view name);

// The file that a data set's name means in a folder: the name itself, with an extension of those
// that are read, or as the folder's dataset_info.json says.
std::optional<std::filesystem::path> dataFileIn(const std::filesystem::path& folder,
                                                const std::string& name);

}  // namespace ringscope
