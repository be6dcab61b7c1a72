#include "launcher/port_check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstring>
#include <memory>

namespace ringscope {
namespace {

constexpr int connectLimitMs = 3'000;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Result<Addresses> addressesOf(const std::string& host, const std::string& port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
    if (failed != 0)
        return Error{ErrorCode::NotFound, "'" + host +
                                              "' is not known here: " + ::gai_strerror(failed) +
                                              "; give the host an addr= that is"};
    return Addresses(found, ::freeaddrinfo);
}

int portOf(const Descriptor& socket) {
    sockaddr_storage place{};
    socklen_t size = sizeof place;
    if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&place), &size) != 0) return 0;
    if (place.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&place)->sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in*>(&place)->sin_port);
}

Descriptor socketFor(const addrinfo& address, int flags) {
    return Descriptor(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | flags,
                               address.ai_protocol));
}

}  // namespace

Result<int> PortCheck::listen(const std::string& address) {
    RINGSCOPE_TRY(const Addresses found, addressesOf(address, "0"));
    socket_ = socketFor(*found, 0);
    if (::bind(socket_.number(), found->ai_addr, found->ai_addrlen) != 0 && errno == EADDRNOTAVAIL)
        return Error{ErrorCode::InvalidConfig, address +
                                                   " is none of this host's own addresses; give it "
                                                   "the addr= that other hosts reach it at"};
    if (::listen(socket_.number(), 64) != 0)
        return systemError("cannot listen at " + address, errno);
    return portOf(socket_);
}

Result<void> PortCheck::reach(const std::string& host, int port) {
    const std::string place = host + ":" + std::to_string(port);
    RINGSCOPE_TRY(const Addresses found, addressesOf(host, std::to_string(port)));
    const Descriptor socket = socketFor(*found, SOCK_NONBLOCK);
    if (::connect(socket.number(), found->ai_addr, found->ai_addrlen) == 0) return {};
    int failed = errno;
    if (failed == EINPROGRESS) {
        pollfd file{socket.number(), POLLOUT, 0};
        if (::poll(&file, 1, connectLimitMs) <= 0)
            return Error{ErrorCode::Unavailable,
                         place + " does not answer; a firewall may be in between"};
        socklen_t size = sizeof failed;
        ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &failed, &size);
    }
    if (failed != 0) return systemError("cannot reach " + place, failed);
    return {};
}

}  // namespace ringscope
