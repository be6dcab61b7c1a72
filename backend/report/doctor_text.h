// What `ringscope doctor` found out about a machine and about hosts, and `version --json`. Texts
// and JSON end with a newline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Absent: it is not here, and what that means is no failure: a machine without a GPU.
enum class CheckState : std::uint8_t { Ok, Absent, Failed };

struct DoctorCheck {
    std::string name;
    CheckState state = CheckState::Ok;
    std::string detail;  // what was found, or what is missing and what that means
};
bool noneFailed(const std::vector<DoctorCheck>& checks);

struct ClockOffset {
    double ms = 0;  // theirs - ours
    double errorMs = 0;
};

struct HostCheck {
    std::string name;
    int slots = 0;          // 0: not said
    std::string label;      // as a user writes it: "node1:2"
    std::string problem{};  // the first one; empty: the host can be used
    std::string address{};
    std::string version{};   // "ringscope 0.1.0"; empty: not reached
    bool copied = false;     // the programs were copied there now
    std::string libtorch{};  // its folder there
    int cores = 0;
    int gpus = 0;
    bool reachesRankZero = false;
    std::optional<ClockOffset> clock{};
};

std::string doctorText(const std::vector<DoctorCheck>& checks);
std::string doctorJson(const std::vector<DoctorCheck>& checks);  // schema_version, ok, checks[] …

// `hosts` is not empty; rank 0 will be on the first one.
std::string hostsText(const std::vector<HostCheck>& hosts);
std::string hostsJson(const std::vector<HostCheck>& hosts);  // schema_version, ok, hosts[]

std::string versionJson();  // schema_version, ringscope, protocol

}  // namespace ringscope
