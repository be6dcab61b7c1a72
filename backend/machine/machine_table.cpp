#include "backend/machine/machine_table.h"

#include "backend/core/files.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/machine/machine_file.h"
#include "embedded/machines.h"

#include <fmt/format.h>
#include <algorithm>
#include <cassert>

namespace ringscope {
namespace {

Result<Machine> machineOfText(const std::string& name, std::string_view text) {
    MachineReading reading = readMachine(name, text);
    if (reading.ok()) return std::move(reading.machine);
    std::vector<std::string> lines;
    for (const ConfigProblem& problem : reading.problems) lines.push_back(problem.text());
    return Error{ErrorCode::InvalidConfig, join(lines, "\n")};
}

}  // namespace

const std::vector<Machine>& shippedMachines() {
    static const std::vector<Machine> machines = [] {
        std::vector<Machine> read;
        for (const embedded::File& file : embedded::machines) {
            Result<Machine> machine = machineOfText(std::string(file.name), file.text);
            assert(machine.ok());  // a test reads each of them
            if (machine.ok()) read.push_back(*std::move(machine));
        }
        return read;
    }();
    return machines;
}

std::filesystem::path calibratedMachineFile() { return dataDirectory() / "machines" / "this.yaml"; }

Result<Machine> findMachine(const std::string& name) {
    if (name == thisMachine) {
        const Result<std::string> text = readTextFile(calibratedMachineFile());
        if (!text.ok())
            return Error{ErrorCode::NotFound,
                         "this machine was not calibrated yet; run: ringscope calibrate"};
        return machineOfText(calibratedMachineFile().string(), *text);
    }
    std::vector<std::string> names{std::string(thisMachine)};
    for (const Machine& machine : shippedMachines()) {
        if (machine.name == name) return machine;
        names.push_back(machine.name);
    }
    if (name.find_first_of("/.") != std::string::npos) {
        RINGSCOPE_TRY(const std::string text, readTextFile(name));
        return machineOfText(name, text);
    }
    const std::optional<std::string> near = nearestWord(name, names);
    return Error{
        ErrorCode::NotFound,
        fmt::format("there is no machine {}{}; known: {}, or the path of a file", shown(name),
                    near ? fmt::format("; did you mean '{}'?", *near) : "", join(names, ", "))};
}

}  // namespace ringscope
