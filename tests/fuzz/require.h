// A promise that has to hold whatever the bytes are; a broken one aborts, which a fuzzer keeps.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace ringscope::fuzz {

inline void require(bool holds, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", what.c_str());
    std::abort();
}

}  // namespace ringscope::fuzz
