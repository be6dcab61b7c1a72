// What this machine is: read from files of the kernel, without starting a program.
#pragma once

#include "backend/run/run_environment.h"

#include <filesystem>
#include <string>

namespace ringscope {

// All facts but the run's name for the host; GPUs are those that ranks may use (gpus.h).
// `address`: where other hosts reach it.
HostFacts machineFacts(const std::string& address);

// Single facts, read below another root by tests.
std::string processorName(const std::filesystem::path& root);
std::string distributionName(const std::filesystem::path& root);
Bytes memoryOf(const std::filesystem::path& root);  // the machine's, or less where it is limited
Bytes freeMemoryOf(const std::filesystem::path& root);  // that processes here may still take

// The interface that has this address or name: "eth0"; empty where none has.
std::string interfaceOf(const std::string& address);

}  // namespace ringscope
