#include "tests/e2e/served.h"

#include "tests/support/json_schema.h"

#include <algorithm>

namespace ringscope::test {
namespace {

using nlohmann::json;

std::unique_ptr<Cli> cliOfSuite;

}  // namespace

void ServedModelTest::makeCli() { cliOfSuite = std::make_unique<Cli>(); }
void ServedModelTest::forgetCli() { cliOfSuite.reset(); }
const Cli& ServedModelTest::cli() { return *cliOfSuite; }

void ServedModelTest::train(const std::string& name, const std::string& more) {
    const auto file = cli().write(name + ".yaml", "name: " + name + "\n" + more +
                                                      "train: {steps: 2, seq_len: 128}\n"
                                                      "parallel: {sp: 1, mode: none}\n"
                                                      "checkpoint: {at_end: true}\n");
    const Ended trained = cli().run({"run", file.string(), "--no-reference"});
    ASSERT_EQ(trained.exitCode, 0) << trained.err;
}

void ServedModelTest::start(const std::string& model, const std::vector<std::string>& more) {
    std::vector<std::string> words{"serve",   "--model", model,       "--port", "0",
                                   "--texts", "4",       "--threads", "1"};
    if (std::ranges::find(more, "--cache") == more.end())
        words.insert(words.end(), {"--cache", "128MiB"});
    words.insert(words.end(), more.begin(), more.end());
    server_ = std::make_unique<Program>(cli().words(words), cli().options());
    const std::string before = " at http://127.0.0.1:";
    ASSERT_TRUE(becomesTrue([&] { return server_->errors().find("/v1: ") != std::string::npos; }))
        << server_->errors();
    const std::string told = server_->errors();
    port_ = static_cast<std::uint16_t>(std::stoi(told.substr(told.find(before) + before.size())));
}

HttpAnswer ServedModelTest::get(const std::string& path, const std::string& headers) const {
    HttpClient one = client();
    one.get(path, headers);
    return one.answer();
}

HttpAnswer ServedModelTest::post(const std::string& path, const json& body) const {
    HttpClient one = client();
    one.post(path, body.dump());
    return one.answer();
}

std::int64_t ServedModelTest::figure(const std::string& name) const {
    const std::string text = "\n" + get("/metrics").body;
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + name.size() + 2));
}

bool ServedModelTest::becomes(const std::string& name, std::int64_t value) const {
    return becomesTrue([&] { return figure(name) == value; });
}

std::string ServedModelTest::mismatch(const std::string& path, const std::string& method,
                                      const HttpAnswer& answer) const {
    const json file = json::parse(get("/openapi.json").body);
    const json& responses = file.at("paths").at(path).at(method).at("responses");
    const std::string status = std::to_string(answer.status);
    if (!responses.contains(status)) return status + " is not described";
    return schemaMismatch(file, responses[status]["content"]["application/json"]["schema"],
                          json::parse(answer.body));
}

}  // namespace ringscope::test
