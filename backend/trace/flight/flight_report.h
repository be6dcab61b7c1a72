// What dumps of several ranks say together: who did not join which collective operation, and which
// operations of one number are not alike.
#pragma once

#include "backend/trace/flight/flight_dump.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// Where a rank was in the operation that is spoken of, or what it did last instead.
struct FlightStand {
    int rank = 0;
    std::string group{};
    std::string operation{};  // "all_reduce"; empty: it asked for nothing
    std::int64_t sequence = 0;
    std::string inputs{};  // "[1024] Float"
    std::string state{};   // "started"
    std::string place{};   // "train.py:120 in step"
};

enum class FlightFault : std::uint8_t {
    Missing,     // some ranks have not joined what others wait in
    Operation,   // ranks call different operations under one number
    Sizes,       // or one with different sizes or types
    Unfinished,  // all joined, and it was not complete on some
    Message,     // one end of a message is missing
};
std::string_view flightFaultName(FlightFault fault);

// The first fault of a process group; what follows it is mostly its consequence.
struct FlightFinding {
    FlightFault fault = FlightFault::Missing;
    std::string group{};
    std::string description{};
    std::string operation{};
    std::int64_t sequence = 0;
    std::vector<FlightStand> joined{};  // by rank
    std::vector<FlightStand> absent{};  // of Missing and Message: their last calls

    std::string sentence() const;
};

struct FlightReport {
    std::vector<int> ranks;   // that left a dump
    std::vector<int> noDump;  // ranks of groups that left none
    std::vector<FlightFinding> findings;
    std::int64_t collectives = 0;  // that could be compared
    std::vector<std::string> notes;

    // The findings in one sentence each, or that there are none.
    std::vector<std::string> sentences() const;
};

FlightReport compareFlights(const FlightDumps& dumps);

}  // namespace ringscope
