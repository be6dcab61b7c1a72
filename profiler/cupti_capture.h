// Asks CUPTI what the GPU does, from start() to stop().
//
//     RINGSCOPE_TRY(auto capture, CuptiCapture::start());     // or a sentence why not
//     ... train ...
//     const GpuActivity activity = capture->stop();           // the device is idle by now
//
// The records come on CLOCK_MONOTONIC, so they share a clock with the host's spans. They are kept
// in memory until stop(): about 64 bytes for a kernel and as much for its launch. One capture per
// process at a time; CUPTI itself allows one tool per process.
#pragma once

#include "backend/core/result.h"
#include "profiler/cupti_records.h"

#include <memory>

namespace ringscope {

class CuptiCapture {
public:
    static Result<std::unique_ptr<CuptiCapture>> start();
    // From now on until the process ends, memory that is taken from the GPU's driver is recorded,
    // so that stop() also knows what was there before start(). To be called before the GPU is used.
    static Result<void> watchMemory();
    // Ends the capture and throws away what came.
    ~CuptiCapture();
    CuptiCapture(const CuptiCapture&) = delete;
    CuptiCapture& operator=(const CuptiCapture&) = delete;

    // The caller has synchronized the device; what still runs is missing from the answer.
    Result<GpuActivity> stop();

private:
    struct Session;
    explicit CuptiCapture(std::unique_ptr<Session> session);
    std::unique_ptr<Session> session_;
};

}  // namespace ringscope
