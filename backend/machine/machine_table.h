// The machines that can be named: those that ship, this one once it was calibrated, and files.
#pragma once

#include "backend/core/result.h"
#include "backend/machine/machine.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

// What `--machine` calls the machine that calibrate measured.
inline constexpr std::string_view thisMachine = "this";

// In the order in which they are shown.
const std::vector<Machine>& shippedMachines();

// A name of the table, "this", or the path of a file: a text with a / or a dot. Fails with all
// problems of a file, a line each.
Result<Machine> findMachine(const std::string& name);

// Where `calibrate` writes and "this" is read.
std::filesystem::path calibratedMachineFile();

}  // namespace ringscope
