#include "profiler/nvtx_ranges.h"

#ifdef RINGSCOPE_WITH_NVTX
#include <nvtx3/nvToolsExt.h>
#include <array>
#include <string>
#endif

namespace ringscope {

#ifdef RINGSCOPE_WITH_NVTX
namespace {

constexpr std::size_t operations = operationCount;

nvtxDomainHandle_t domain() {
    static const nvtxDomainHandle_t handle = nvtxDomainCreateA("ringscope");
    return handle;
}

// Names are registered once, so that a range carries a handle and no text.
nvtxStringHandle_t nameOf(Operation operation) {
    static const std::array<nvtxStringHandle_t, operations> names = [] {
        std::array<nvtxStringHandle_t, operations> handles{};
        for (std::size_t i = 0; i < operations; ++i)
            handles[i] = nvtxDomainRegisterStringA(
                domain(), std::string(operationName(static_cast<Operation>(i))).c_str());
        return handles;
    }();
    return names[static_cast<std::size_t>(operation)];
}

}  // namespace

// Without a tool there are no domains.
bool nvtxHasListener() { return domain() != nullptr; }

void pushNvtxRange(Operation operation) {
    nvtxEventAttributes_t attributes{};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
    attributes.message.registered = nameOf(operation);
    nvtxDomainRangePushEx(domain(), &attributes);
}

void popNvtxRange() { nvtxDomainRangePop(domain()); }
#else
bool nvtxHasListener() { return false; }
void pushNvtxRange(Operation) {}
void popNvtxRange() {}
#endif

}  // namespace ringscope
