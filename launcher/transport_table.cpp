#include "launcher/transport_table.h"

#include "launcher/local_transport.h"
#include "launcher/ssh_transport.h"

#include <array>

namespace ringscope {
namespace {

struct TransportRow {
    TransportKind value{};
    std::unique_ptr<Transport> (*make)() = nullptr;
};

template <typename Made>
std::unique_ptr<Transport> make() {
    return std::make_unique<Made>();
}

constexpr std::array rows = {
    TransportRow{TransportKind::Local, make<LocalTransport>},
    TransportRow{TransportKind::Ssh, make<SshTransport>},
};
static_assert(inOrder(rows) && rows.size() == transportKinds.size());

}  // namespace

std::unique_ptr<Transport> makeTransport(TransportKind kind) {
    return rows[static_cast<std::size_t>(kind)].make();
}

}  // namespace ringscope
