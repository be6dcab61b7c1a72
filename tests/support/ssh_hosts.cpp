#include "tests/support/ssh_hosts.h"

#include "backend/core/ids.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;

std::string findServer() {
    for (const char* place : {"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"})
        if (::access(place, X_OK) == 0) return place;
    return {};
}

sockaddr_in loopback(int port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    place.sin_port = ::htons(static_cast<std::uint16_t>(port));
    return place;
}

int freePort() {
    const int number = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place = loopback(0);
    socklen_t size = sizeof place;
    ::bind(number, reinterpret_cast<sockaddr*>(&place), size);
    ::getsockname(number, reinterpret_cast<sockaddr*>(&place), &size);
    ::close(number);
    return ::ntohs(place.sin_port);
}

void write(const fs::path& file, const std::string& text) {
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace

SshHosts::SshHosts(std::vector<Place> places)
    : mark_("RINGSCOPE_SESSION_MARK=" + RunId::random().text), places_(std::move(places)) {
    if (findServer().empty()) {
        problem_ = "there is no sshd here (Debian: openssh-server)";
        return;
    }
    // sshd wants this folder, which only a service manager makes.
    if (::geteuid() == 0) fs::create_directories("/run/sshd");
    makeKey("host_key");
    makeKey("user_key");
    fs::copy_file(folder() / "user_key.pub", folder() / "authorized_keys");
    port_ = freePort();
    const std::string at = folder().string() + "/";
    std::string aliases;
    for (const Place& place : places_)
        aliases += "Host " + place.alias + "\n    HostName " + place.address +
                   "\n    IdentityFile " + at + "user_key\n";
    write(config(), aliases +
                        "Host refused\n    HostName 127.0.0.1\n    Port 1\n"
                        "Host stranger\n    HostName 127.0.0.1\n    IdentityFile " +
                        at + "host_key\nHost *\n    Port " + std::to_string(port_) +
                        "\n    IdentitiesOnly yes\n    UserKnownHostsFile " + at +
                        "known_hosts\n    GlobalKnownHostsFile /dev/null\n");
    startServers();
}

SshHosts::~SshHosts() {
    for (const auto& server : servers_) server->signal(SIGTERM);
    for (const pid_t pid : processesWith(mark_)) ::kill(pid, SIGKILL);
}

void SshHosts::makeKey(const std::string& name) {
    const fs::path file = folder() / name;
    fs::remove(file);
    const Ended made =
        runProgram({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.string()});
    if (made.exitCode != 0) throw std::runtime_error("ssh-keygen: " + made.err);
}

bool SshHosts::listens(const Place& place) const {
    std::vector<std::string> words = place.enter;
    words.insert(words.end(), {"/bin/bash", "-c",
                               "exec 3<>/dev/tcp/" + place.address + "/" + std::to_string(port_)});
    return runProgram(words).exitCode == 0;
}

void SshHosts::startServers() {
    std::vector<Place> here;
    for (const Place& place : places_) {
        if (place.enter.empty())
            here.push_back(place);
        else
            startServer({place});
    }
    if (!here.empty()) startServer(here);
}

void SshHosts::startServer(const std::vector<Place>& places) {
    const std::string at = folder().string() + "/";
    std::string text = "Port " + std::to_string(port_) + "\n";
    for (const Place& place : places) text += "ListenAddress " + place.address + "\n";
    const fs::path file = at + "sshd_config_" + places.front().alias;
    write(file, text + "HostKey " + at + "host_key\nAuthorizedKeysFile " + at +
                    "authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n"
                    "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                    "PermitRootLogin prohibit-password\nUseDNS no\nPrintMotd no\n"
                    "MaxStartups 100\nSetEnv " +
                    mark_ + " RINGSCOPE_CACHE=" + cache().string() + "\n");
    std::vector<std::string> words = places.front().enter;
    words.insert(words.end(), {findServer(), "-D", "-e", "-f", file.string()});
    servers_.push_back(std::make_unique<Program>(words));
    if (!becomesTrue([&] { return listens(places.front()); }, std::chrono::seconds(10)))
        problem_ =
            "sshd does not start here: " + servers_.back()->wait(std::chrono::seconds(1)).err;
}

void SshHosts::changeHostKey() {
    for (const auto& server : servers_) {
        server->signal(SIGTERM);
        server->wait();
    }
    servers_.clear();
    makeKey("host_key");
    startServers();
}

}  // namespace ringscope::test
