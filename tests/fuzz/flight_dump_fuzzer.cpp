// libFuzzer's entry for tests/fuzz/corpus/flight_dump.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ringscope::fuzz::flightDump(data, size);
    return 0;
}
