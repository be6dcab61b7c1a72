// A real sshd on the loopback, with keys, configuration and host aliases of its own.
//
//     SshHosts hosts;                       // skips the test's point where there is no sshd:
//     if (!hosts.problem().empty()) GTEST_SKIP() << hosts.problem();
//     ... RINGSCOPE_SSH_CONFIG=hosts.config(): aliases "alpha" (127.0.0.1) and "beta" (127.0.0.2)
//
// Every session it serves has RINGSCOPE_CACHE and RINGSCOPE_SESSION_MARK in its environment.
#pragma once

#include "tests/support/program.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::test {

class SshHosts {
public:
    // A host alias. `enter`: words before a program that runs there; each place with such words has
    // an sshd of its own.
    struct Place {
        std::string alias;
        std::string address;
        std::vector<std::string> enter{};
    };
    static std::vector<Place> onLoopback() {
        return {{"alpha", "127.0.0.1"}, {"beta", "127.0.0.2"}};
    }

    explicit SshHosts(std::vector<Place> places = onLoopback());
    ~SshHosts();

    const std::string& problem() const { return problem_; }  // why there is none
    std::string config() const { return (folder_.path() / "ssh_config").string(); }
    std::filesystem::path cache() const { return folder_.path() / "cache"; }
    const std::filesystem::path& folder() const { return folder_.path(); }
    int port() const { return port_; }
    // NAME=value in the environment of whatever sessions started.
    const std::string& mark() const { return mark_; }

    // Another key at the same address: what ssh has to refuse.
    void changeHostKey();

private:
    void makeKey(const std::string& name);
    bool listens(const Place& place) const;
    void startServers();
    void startServer(const std::vector<Place>& places);

    TemporaryFolder folder_;
    std::string mark_;
    std::vector<Place> places_;
    std::string problem_;
    int port_ = 0;
    std::vector<std::unique_ptr<Program>> servers_;
};

}  // namespace ringscope::test
