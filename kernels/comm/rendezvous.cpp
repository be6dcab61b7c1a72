#include "kernels/comm/rendezvous.h"

#include "kernels/comm/gloo_group.h"
#include "kernels/comm/listening_port.h"
#include "kernels/comm/rendezvous_state.h"
#include "kernels/comm/sealed_store.h"
#include "kernels/device/cuda_module.h"

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace ringscope {
namespace {

Result<std::unique_ptr<RendezvousStore>> meetAt(const std::string& host,
                                                const c10d::TCPStoreOptions& store,
                                                const std::string& secret,
                                                const std::string& what) {
    try {
        auto tcp = c10::make_intrusive<c10d::TCPStore>(host, store);
        const int port = tcp->getPort();
        auto sealed = c10::make_intrusive<SealedStore>(std::move(tcp), secret);
        return std::make_unique<RendezvousStore>(std::make_unique<RendezvousStore::State>(
            RendezvousStore::State{std::move(sealed), port}));
    } catch (const std::exception& error) {
        return Error{ErrorCode::Unavailable, failureSentence(what, error)};
    }
}

Result<void> checkOptions(const GroupOptions& options) {
    if (options.size >= 1 && options.rank >= 0 && options.rank < options.size) return {};
    return Error{ErrorCode::InvalidConfig, "rank " + std::to_string(options.rank) +
                                               " is not one of " + std::to_string(options.size) +
                                               " ranks"};
}

}  // namespace

RendezvousStore::RendezvousStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
RendezvousStore::~RendezvousStore() = default;
int RendezvousStore::port() const { return state_->port; }

void RendezvousStore::tell(const std::string& key, const std::string& text) const {
    state_->store->set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::optional<std::string> RendezvousStore::told(const std::string& key) const {
    if (!state_->store->check({key})) return std::nullopt;
    const std::vector<std::uint8_t> bytes = state_->store->get(key);
    state_->store->deleteKey(key);
    return std::string(bytes.begin(), bytes.end());
}

Result<std::unique_ptr<RendezvousStore>> hostRendezvous(const std::string& address,
                                                        const std::string& secret,
                                                        std::chrono::milliseconds timeout) {
    c10d::TCPStoreOptions store;
    RINGSCOPE_TRY(const int socket, bindFreePort(address));
    store.port = 0;
    store.masterListenFd = socket;  // c10d's from here on
    store.isServer = true;
    store.waitWorkers = false;
    store.timeout = timeout;
    return meetAt(address, store, secret, "opening a port for the ranks to meet at " + address);
}

Result<std::unique_ptr<RendezvousStore>> joinRendezvous(const std::string& host, int port,
                                                        const std::string& secret,
                                                        std::chrono::milliseconds timeout) {
    if (port <= 0 || port > 65535)
        return Error{ErrorCode::InvalidConfig,
                     "port " + std::to_string(port) + " is none; rank 0 tells its port"};
    c10d::TCPStoreOptions store;
    store.port = static_cast<std::uint16_t>(port);
    store.timeout = timeout;
    return meetAt(host, store, secret, "reaching rank 0 at " + host + ":" + std::to_string(port));
}

Result<std::unique_ptr<Group>> makeGroup(const RendezvousStore& rendezvous,
                                         const GroupOptions& options) {
    RINGSCOPE_CHECK(checkOptions(options));
    const std::string what = "rank " + std::to_string(options.rank) + ": making a group with the " +
                             std::to_string(options.size) + " ranks on " + options.device;
    try {
        if (options.device == "cpu") return makeGlooGroup(rendezvous, options);
        if (!options.device.starts_with("cuda"))
            return Error{ErrorCode::InvalidConfig,
                         "there is no device '" + options.device + "'; use cpu or cuda"};
        RINGSCOPE_TRY(const CudaModule* module, loadCudaModule());
        return module->makeGroup(rendezvous, options);
    } catch (const std::exception& error) {
        return Error{ErrorCode::Unavailable, failureSentence(what, error)};
    }
}

}  // namespace ringscope
