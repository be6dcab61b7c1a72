#include "launcher/transport_table.h"

#include "launcher/local_transport.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array<TransportRow, 1> rows = {{
    {"local", "All ranks on this machine.",
     []() -> std::unique_ptr<Transport> { return std::make_unique<LocalTransport>(); }},
}};

}  // namespace

std::span<const TransportRow> transportTable() { return rows; }

const TransportRow* findTransport(std::string_view name) {
    const auto row = std::ranges::find(rows, name, &TransportRow::name);
    return row == rows.end() ? nullptr : &*row;
}

}  // namespace ringscope
