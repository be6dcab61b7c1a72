#include "profiler/cupti_capture.h"

#include "profiler/cupti_structs.h"
#include "profiler/span_recorder.h"

#include <cupti.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

constexpr std::size_t bufferBytes = std::size_t{4} << 20;
constexpr std::size_t bufferAlignment = 8;  // what CUPTI asks for
constexpr CUpti_ExternalCorrelationKind ours = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;

// CONCURRENT_KERNEL and never KERNEL, which runs kernels one after the other. MEMCPY2, the copies
// between GPUs, comes only where MEMCPY is on too.
constexpr CUpti_ActivityKind recordedKinds[] = {
    CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL,
    CUPTI_ACTIVITY_KIND_MEMCPY,
    CUPTI_ACTIVITY_KIND_MEMCPY2,
    CUPTI_ACTIVITY_KIND_MEMSET,
    CUPTI_ACTIVITY_KIND_SYNCHRONIZATION,
    CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
    CUPTI_ACTIVITY_KIND_MARKER,
    CUPTI_ACTIVITY_KIND_OVERHEAD,
};

// Of the CUDA API only what gives a GPU work: a launch's record carries the correlation number.
constexpr CUpti_CallbackId runtimeCalls[] = {
    CUPTI_RUNTIME_TRACE_CBID_cudaLaunchKernel_v7000,
    CUPTI_RUNTIME_TRACE_CBID_cudaLaunchKernelExC_v11060,
    CUPTI_RUNTIME_TRACE_CBID_cudaLaunchCooperativeKernel_v9000,
    CUPTI_RUNTIME_TRACE_CBID_cudaGraphLaunch_v10000,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemcpy_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyPeer_v4000,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyPeerAsync_v4000,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemset_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaMemsetAsync_v3020,
};
constexpr CUpti_CallbackId driverCalls[] = {
    CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel,
    CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx,
    CUPTI_DRIVER_TRACE_CBID_cuLaunchCooperativeKernel,
    CUPTI_DRIVER_TRACE_CBID_cuGraphLaunch,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyAsync,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyHtoDAsync_v2,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyDtoHAsync_v2,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyDtoDAsync_v2,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyPeerAsync,
    CUPTI_DRIVER_TRACE_CBID_cuMemcpyBatchAsync_v2,
    CUPTI_DRIVER_TRACE_CBID_cuMemsetD8Async,
    CUPTI_DRIVER_TRACE_CBID_cuMemsetD32Async,
};

Result<void> asResult(CUptiResult result, const char* what) {
    if (result == CUPTI_SUCCESS) return {};
    if (result == CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED)
        return Error{ErrorCode::Unavailable,
                     "another tool uses CUPTI in this process (Nsight, cuda-gdb, a PyTorch "
                     "profiler); run without it, or read the GPU's activity there"};
    const char* name = nullptr;
    if (cuptiGetResultString(result, &name) != CUPTI_SUCCESS || name == nullptr) name = "unknown";
    return Error{ErrorCode::Unavailable, std::string("CUPTI cannot ") + what + ": " + name + " (" +
                                             std::to_string(static_cast<int>(result)) + ")"};
}

// What CUPTI's callbacks and our threads write. CUPTI keeps the callbacks' addresses for as long as
// the process lives, so this lives as long.
class Collection : public CorrelationSink {
public:
    // Records are copied out at once; nothing here touches a file, or CUPTI's own locks.
    void completed(std::uint8_t* buffer, std::size_t validBytes) {
        const std::lock_guard lock(mutex_);
        CUpti_Activity* activity = nullptr;
        for (;;) {
            const CUptiResult next = cuptiActivityGetNextRecord(buffer, validBytes, &activity);
            if (next == CUPTI_ERROR_INVALID_KIND)
                records_.push_back({.kind = GpuRecord::Kind::Incomplete});
            if (next != CUPTI_SUCCESS) return;
            if (const auto memory = plainMemoryRecord(*activity))
                memory_.push_back(*memory);
            else if (const auto record = plainRecord(*activity))
                records_.push_back(*record);
            freeDetails(*activity);
        }
    }

    void push(const SpanTag& tag) override { push(std::span(&tag, 1)); }
    void push(std::span<const SpanTag> tags) override {
        cuptiActivityPushExternalCorrelationId(ours, table_.add(tags));
    }
    void pop() override { cuptiActivityPopExternalCorrelationId(ours, nullptr); }
    void phase(const Span& span) override {
        const std::lock_guard lock(mutex_);
        phases_.push_back(span);
    }

    // Of memory nothing is forgotten: it stays until it is given back.
    void clear() {
        const std::lock_guard lock(mutex_);
        records_.clear();
        phases_.clear();
        table_.clear();
    }
    GpuActivity converted(std::int64_t from) {
        const std::lock_guard lock(mutex_);
        GpuActivity activity = convertRecords(records_, table_, phases_);
        activity.memory = convertMemory(memory_, from);
        return activity;
    }

private:
    // An overhead's details are ours to free.
    static void freeDetails(const CUpti_Activity& activity) {
        if (activity.kind == CUPTI_ACTIVITY_KIND_OVERHEAD)
            std::free(reinterpret_cast<const CUpti_ActivityOverhead3&>(activity).overheadData);
    }

    std::mutex mutex_;
    std::vector<GpuRecord> records_;
    std::vector<GpuMemoryRecord> memory_;
    std::vector<Span> phases_;
    CorrelationTable table_;
};

Collection& collection() {
    static auto* const collected = new Collection;  // never destroyed; see above
    return *collected;
}

std::uint64_t CUPTIAPI clockOfSpans() { return static_cast<std::uint64_t>(monotonicNow()); }

void CUPTIAPI bufferRequested(std::uint8_t** buffer, std::size_t* size, std::size_t* mostRecords) {
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(bufferAlignment, bufferBytes));
    *size = *buffer == nullptr ? 0 : bufferBytes;
    *mostRecords = 0;  // as many as fit
    if (*buffer != nullptr) std::memset(*buffer, 0, bufferBytes);
}

void CUPTIAPI bufferCompleted(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t,
                              std::size_t validBytes) {
    collection().completed(buffer, validBytes);
    std::free(buffer);
}

void CUPTIAPI noCallback(void*, CUpti_CallbackDomain, CUpti_CallbackId, const void*) {}

// Without a driver CUPTI only knows of an unknown error.
Result<void> expectDriver() {
    void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
    if (driver == nullptr)
        return Error{ErrorCode::Unavailable,
                     "there is no GPU here: NVIDIA's driver, libcuda.so.1, cannot be loaded"};
    dlclose(driver);
    return {};
}

// The records' structs change with the version.
Result<void> expectOwnVersion() {
    std::uint32_t version = 0;
    RINGSCOPE_CHECK(asResult(cuptiGetVersion(&version), "say its version"));
    if (version == CUPTI_API_VERSION) return {};
    return Error{ErrorCode::Unavailable, "libcupti is version " + std::to_string(version) +
                                             ", this program was built for " +
                                             std::to_string(CUPTI_API_VERSION) +
                                             "; build it against the CUPTI that is installed"};
}

// Once: a second registration spoils records that are under way.
Result<void> registerCallbacks() {
    static std::mutex mutex;
    static bool registered = false;
    const std::lock_guard lock(mutex);
    if (registered) return {};
    RINGSCOPE_CHECK(
        asResult(cuptiActivityRegisterTimestampCallback(clockOfSpans), "use our clock"));
    std::size_t size = sizeof(std::uint8_t);
    std::uint8_t zeroed = 1;
    RINGSCOPE_CHECK(asResult(
        cuptiActivitySetAttribute(CUPTI_ACTIVITY_ATTR_ZEROED_OUT_ACTIVITY_BUFFER, &size, &zeroed),
        "take zeroed buffers"));
    RINGSCOPE_CHECK(
        asResult(cuptiActivityRegisterCallbacks(bufferRequested, bufferCompleted), "take buffers"));
    registered = true;
    return {};
}

Result<void> enable(bool on) {
    for (const CUpti_ActivityKind kind : recordedKinds) {
        const CUptiResult result = on ? cuptiActivityEnable(kind) : cuptiActivityDisable(kind);
        if (on) RINGSCOPE_CHECK(asResult(result, "record GPU activity"));
    }
    for (const CUpti_CallbackId call : runtimeCalls)
        RINGSCOPE_CHECK(asResult(cuptiActivityEnableRuntimeApi(call, on ? 1 : 0), "record calls"));
    for (const CUpti_CallbackId call : driverCalls)
        RINGSCOPE_CHECK(asResult(cuptiActivityEnableDriverApi(call, on ? 1 : 0), "record calls"));
    return {};
}

}  // namespace

// Holds CUPTI for this process; gives it back when it ends.
struct CuptiCapture::Session {
    CUpti_SubscriberHandle subscriber = nullptr;
    bool recording = false;
    std::int64_t begin = 0;

    // Nothing is subscribed to: this asks whether CUPTI is free, and keeps it so.
    Result<void> take() {
        RINGSCOPE_CHECK(expectDriver());
        RINGSCOPE_CHECK(expectOwnVersion());
        RINGSCOPE_CHECK(asResult(cuptiSubscribe(&subscriber, noCallback, nullptr), "be started"));
        return registerCallbacks();
    }
    void end() {
        if (recording) {
            CorrelationSink::setCurrent(nullptr);
            [[maybe_unused]] const Result<void> disabled = enable(false);
        }
        recording = false;
        if (subscriber != nullptr) cuptiUnsubscribe(std::exchange(subscriber, nullptr));
    }
    ~Session() { end(); }
};

CuptiCapture::CuptiCapture(std::unique_ptr<Session> session) : session_(std::move(session)) {}
CuptiCapture::~CuptiCapture() = default;

Result<std::unique_ptr<CuptiCapture>> CuptiCapture::start() {
    auto session = std::make_unique<Session>();
    RINGSCOPE_CHECK(session->take());
    collection().clear();
    session->recording = true;
    session->begin = monotonicNow();
    RINGSCOPE_CHECK(enable(true));
    CorrelationSink::setCurrent(&collection());
    return std::unique_ptr<CuptiCapture>(new CuptiCapture(std::move(session)));
}

// Its records come without a subscription; the session only makes sure that nobody else has CUPTI.
Result<void> CuptiCapture::watchMemory() {
    Session session;
    RINGSCOPE_CHECK(session.take());
    return asResult(cuptiActivityEnable(CUPTI_ACTIVITY_KIND_MEMORY2), "record memory");
}

Result<GpuActivity> CuptiCapture::stop() {
    CorrelationSink::setCurrent(nullptr);
    RINGSCOPE_CHECK(asResult(cuptiActivityFlushAll(0), "hand over its records"));
    std::size_t dropped = 0;
    RINGSCOPE_CHECK(
        asResult(cuptiActivityGetNumDroppedRecords(nullptr, 0, &dropped), "count what it dropped"));
    session_->end();
    GpuActivity activity = collection().converted(session_->begin);
    activity.counts.dropped += dropped;
    collection().clear();
    return activity;
}

}  // namespace ringscope
