// libFuzzer's entry for tests/fuzz/corpus/chrome_import.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ringscope::fuzz::chromeImport(data, size);
    return 0;
}
