// CuptiCapture of a build without CUDA.
#include "profiler/cupti_capture.h"

namespace ringscope {

struct CuptiCapture::Session {};

CuptiCapture::CuptiCapture(std::unique_ptr<Session> session) : session_(std::move(session)) {}
CuptiCapture::~CuptiCapture() = default;

namespace {

Error absent() {
    return Error{ErrorCode::Unavailable,
                 "this build has no CUPTI; build with RINGSCOPE_CUDA=ON to record GPU activity"};
}

}  // namespace

Result<std::unique_ptr<CuptiCapture>> CuptiCapture::start() { return absent(); }

Result<void> CuptiCapture::watchMemory() { return absent(); }

Result<GpuActivity> CuptiCapture::stop() { return GpuActivity{}; }

}  // namespace ringscope
