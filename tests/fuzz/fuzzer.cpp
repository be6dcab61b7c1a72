// libFuzzer's entry for one target of targets.h: RINGSCOPE_FUZZ_TARGET.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ringscope::fuzz::RINGSCOPE_FUZZ_TARGET(data, size);
    return 0;
}
