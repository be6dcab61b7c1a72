#include "kernels/comm/listening_port.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <memory>
#include <system_error>

namespace ringscope {
namespace {

Error failure(const std::string& address, const std::string& why) {
    return {ErrorCode::Unavailable, "cannot open a port at " + address + ": " + why};
}

bool bindEverywhere(int socket, int family) {
    sockaddr_in6 any6{};
    any6.sin6_family = AF_INET6;
    sockaddr_in any4{};
    any4.sin_family = AF_INET;
    return family == AF_INET6
               ? ::bind(socket, reinterpret_cast<const sockaddr*>(&any6), sizeof any6) == 0
               : ::bind(socket, reinterpret_cast<const sockaddr*>(&any4), sizeof any4) == 0;
}

}  // namespace

Result<int> bindFreePort(const std::string& address) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int unknown = ::getaddrinfo(address.c_str(), "0", &wanted, &list);
    if (unknown != 0) return failure(address, ::gai_strerror(unknown));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(list, ::freeaddrinfo);

    const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, found->ai_protocol);
    if (socket < 0) return failure(address, std::generic_category().message(errno));
    if (::bind(socket, found->ai_addr, found->ai_addrlen) == 0) return socket;
    if (errno == EADDRNOTAVAIL && bindEverywhere(socket, found->ai_family)) return socket;
    const int number = errno;
    ::close(socket);
    return failure(address, std::generic_category().message(number));
}

}  // namespace ringscope
