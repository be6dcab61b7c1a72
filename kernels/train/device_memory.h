// What a GPU's allocator counted.
#pragma once

#include "backend/core/units.h"

#include <c10/core/Device.h>

namespace ringscope {

// The most bytes that live tensors ever held on the device. The device is in use already.
Bytes peakDeviceMemory(c10::Device device);

}  // namespace ringscope
