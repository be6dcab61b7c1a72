// Words as exec() and posix_spawn() take them: pointers, with a null pointer at the end.
#pragma once

#include <string>
#include <vector>

namespace ringscope {

// The pointers are valid as long as `words` is neither changed nor destroyed.
inline std::vector<char*> execPointers(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace ringscope
