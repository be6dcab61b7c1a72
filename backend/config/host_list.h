// The machines a run is spread over, as users write them.
//
//   hostfile         node1 slots=2                        # a comment
//                    anna@node2 slots=2 addr=10.0.0.5 port=2222
//   --hosts, YAML    node1:2,anna@node2:2/addr=10.0.0.5/port=2222
//
// The name is what ssh is given, so it may be an alias of the user's ssh configuration. Ranks are
// placed in the order of the list. Either every host says its slots or none does; then all take
// equal shares.
#pragma once

#include "backend/config/choices.h"
#include "backend/core/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct HostSpec {
    std::string name = "localhost";
    int slots = 0;          // ranks it may take; 0: an equal share
    std::string user{};     // empty: whom ssh takes
    std::string address{};  // where other ranks reach it; empty: found out by its name
    int port = 0;           // ssh's; 0: what ssh takes
    TransportKind transport = TransportKind::Local;

    bool isThisMachine() const { return transport == TransportKind::Local; }
    bool operator==(const HostSpec&) const = default;
};

// One host as --hosts and launch.hosts write it: "anna@node2:2/addr=10.0.0.5/port=2222".
Result<HostSpec> parseHost(std::string_view word);
std::string toText(const HostSpec& host);  // reads back equal, but for the transport

// "a:2,b:2". A host named twice is an Error.
Result<std::vector<HostSpec>> parseHosts(const std::vector<std::string>& words);

// Errors begin with "fileName:line:column: ".
Result<std::vector<HostSpec>> parseHostfile(std::string_view text, const std::string& fileName);
// Unavailable where the file cannot be read.
Result<std::vector<HostSpec>> readHostfile(const std::string& file);

}  // namespace ringscope
