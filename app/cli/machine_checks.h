// What `doctor` looks at on this machine without starting a rank.
#pragma once

#include "backend/report/doctor_text.h"

#include <filesystem>
#include <vector>

namespace ringscope::cli {

// Processor and memory, the disk that `store` will be on, GPU, driver, CUPTI, NCCL, ssh.
std::vector<DoctorCheck> machineChecks(const std::filesystem::path& store);

}  // namespace ringscope::cli
