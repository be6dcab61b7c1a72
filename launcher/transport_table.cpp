#include "launcher/transport_table.h"

#include "launcher/local_transport.h"
#include "launcher/ssh_transport.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array<TransportRow, 2> rows = {{
    {"local", "All ranks on this machine.",
     []() -> std::unique_ptr<Transport> { return std::make_unique<LocalTransport>(); }},
    {"ssh", "Ranks on other machines, over OpenSSH.",
     []() -> std::unique_ptr<Transport> { return std::make_unique<SshTransport>(); }},
}};

}  // namespace

std::span<const TransportRow> transportTable() { return rows; }

const TransportRow* findTransport(std::string_view name) {
    const auto row = std::ranges::find(rows, name, &TransportRow::name);
    return row == rows.end() ? nullptr : &*row;
}

}  // namespace ringscope
