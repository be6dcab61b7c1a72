// A server of a model that a run has trained.
#pragma once

#include "tests/e2e/cli.h"
#include "tests/support/http_client.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::test {

// One store for all tests of a suite, a server for each test.
class ServedModelTest : public ::testing::Test {
protected:
    static void makeCli();
    static void forgetCli();
    static const Cli& cli();
    // A run of that name with a few steps, which keeps its weights; `more` of its experiment file.
    static void train(const std::string& name, const std::string& more);

    void start(const std::string& model, const std::vector<std::string>& more = {});
    Program& server() { return *server_; }
    std::uint16_t port() const { return port_; }

    HttpClient client() const { return HttpClient(port_); }
    HttpAnswer get(const std::string& path, const std::string& headers = "") const;
    HttpAnswer post(const std::string& path, const nlohmann::json& body) const;

    std::int64_t figure(const std::string& name) const;  // of /metrics; -1: there is none
    bool becomes(const std::string& name, std::int64_t value) const;

    // How the answer differs from what /openapi.json says; empty: not at all.
    std::string mismatch(const std::string& path, const std::string& method,
                         const HttpAnswer& answer) const;

private:
    std::unique_ptr<Program> server_;
    std::uint16_t port_ = 0;
};

}  // namespace ringscope::test
