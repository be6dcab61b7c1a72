// libFuzzer's entry for tests/fuzz/corpus/trace_file.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ringscope::fuzz::traceFile(data, size);
    return 0;
}
