// `ringscope serve` as its clients see it: a real server with a real rank, over real sockets.
#include "tests/e2e/served.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Served : public ServedModelTest {
protected:
    static void SetUpTestSuite() {
        makeCli();
        train("kept", "model: {preset: nano}\n");
    }
    static void TearDownTestSuite() { forgetCli(); }

    void start(const std::vector<std::string>& more = {}) { ServedModelTest::start("kept", more); }

    static json completion(const json& more = json::object()) {
        json body = {{"model", "kept"}, {"prompt", "Two mills"}, {"temperature", 0}};
        body.update(more);
        return body;
    }
};

TEST_F(Served, AnswersAsItIsDescribed) {
    start();
    const HttpAnswer models = get("/v1/models");
    EXPECT_EQ(models.status, 200);
    EXPECT_EQ(mismatch("/v1/models", "get", models), "");
    EXPECT_EQ(json::parse(models.body)["data"][0]["id"], "kept");
    EXPECT_EQ(mismatch("/v1/models/{model}", "get", get("/v1/models/kept")), "");
    EXPECT_EQ(mismatch("/health", "get", get("/health")), "");

    const HttpAnswer whole = post("/v1/completions", completion({{"max_tokens", 12}}));
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(mismatch("/v1/completions", "post", whole), "");
    const json answer = json::parse(whole.body);
    EXPECT_EQ(answer["usage"]["prompt_tokens"], 9);
    EXPECT_EQ(answer["usage"]["completion_tokens"], 12);
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
    // The same model on its own command line.
    const Ended generated = cli().run(
        {"generate", "--model", "kept", "--prompt", "Two mills", "--max-tokens", "12", "--json"});
    EXPECT_EQ(answer["choices"][0]["text"], json::parse(generated.out)["texts"][0]["text"]);

    const std::vector<std::pair<std::string, HttpAnswer>> refused = {
        {"/v1/completions", post("/v1/completions", completion({{"n", 0}}))},
        {"/v1/completions", post("/v1/completions", completion({{"model", "other"}}))},
        {"/v1/completions", post("/v1/completions", completion({{"max_tokens", 100'000'000}}))},
        {"/v1/chat/completions",
         post("/v1/chat/completions",
              {{"model", "kept"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}})}};
    for (const auto& [path, each] : refused) {
        EXPECT_GE(each.status, 400);
        EXPECT_EQ(mismatch(path, "post", each), "");
    }
    EXPECT_EQ(get("/v1/completions").status, 405);
    EXPECT_EQ(get("/v1/completions").headers["allow"], "POST");
    EXPECT_EQ(get("/v1/nothing").status, 404);
    EXPECT_THAT(get("/metrics").headers["content-type"], HasSubstr("openmetrics"));
}

TEST_F(Served, StreamsTheSameTextInParts) {
    start();
    const json asked = completion({{"max_tokens", 20}, {"n", 2}});
    const json whole = json::parse(post("/v1/completions", asked).body);
    json streamed = asked;
    streamed.update({{"stream", true}, {"stream_options", {{"include_usage", true}}}});
    const HttpAnswer parts = post("/v1/completions", streamed);
    EXPECT_EQ(parts.headers.at("content-type"), "text/event-stream; charset=utf-8");
    std::vector<std::string> texts(2);
    std::vector<std::string> ended(2);
    json usage;
    std::size_t at = 0;
    std::string last;
    for (std::size_t end = parts.body.find("\n\n"); end != std::string::npos;
         at = end + 2, end = parts.body.find("\n\n", at)) {
        last = parts.body.substr(at, end - at);
        if (last == "data: [DONE]") continue;
        const json part = json::parse(last.substr(6));
        if (part["choices"].empty()) {
            usage = part["usage"];
            continue;
        }
        const std::size_t index = part["choices"][0]["index"];
        texts[index] += part["choices"][0]["text"].get<std::string>();
        if (!part["choices"][0]["finish_reason"].is_null())
            ended[index] = part["choices"][0]["finish_reason"];
    }
    EXPECT_EQ(last, "data: [DONE]");
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(texts[i], whole["choices"][i]["text"].get<std::string>());
        EXPECT_EQ(ended[i], "length");
    }
    EXPECT_EQ(usage, whole["usage"]);
}

TEST_F(Served, GivesRoomBackWhenAClientLeaves) {
    start();
    const json endless =
        completion({{"max_tokens", 50'000}, {"ignore_eos", true}, {"stream", true}});
    std::vector<HttpClient> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(client());
        clients.back().post("/v1/completions", endless.dump());
        EXPECT_EQ(clients.back().line(), "HTTP/1.1 200 OK");
    }
    json waits = completion({{"max_tokens", 3}});
    HttpClient fifth = client();
    fifth.post("/v1/completions", waits.dump());
    EXPECT_TRUE(becomes("ringscope_serve_waiting_texts", 1));
    EXPECT_EQ(figure("ringscope_serve_running_texts"), 4);
    clients[2].leave();
    EXPECT_EQ(fifth.answer().status, 200);
    EXPECT_EQ(figure("ringscope_serve_left_requests_total"), 1);
    // One that asked for no stream leaves, too.
    HttpClient silent = client();
    json whole = endless;
    whole["stream"] = false;
    silent.post("/v1/completions", whole.dump());
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 4));
    silent.leave();
    for (HttpClient& each : clients) each.leave();
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 0));
    EXPECT_EQ(figure("ringscope_serve_cache_reserved_tokens"), 0);
    EXPECT_EQ(figure("ringscope_serve_left_requests_total"), 5);
}

TEST_F(Served, HasLimits) {
    start({"--queue", "1", "--max-body", "1KiB", "--max-length", "60000"});
    HttpClient large = client();
    large.post("/v1/completions", completion({{"prompt", std::string(5000, 'a')}}).dump());
    const HttpAnswer tooLarge = large.answer();
    EXPECT_EQ(tooLarge.status, 413);
    EXPECT_EQ(json::parse(tooLarge.body)["error"]["code"], "body_too_large");
    HttpClient unsent = client();
    unsent.send(
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(unsent.answer().status, 413) << "before the body is sent";
    HttpClient asks = client();
    const std::string body = completion({{"max_tokens", 2}}).dump();
    asks.send(
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(asks.line(), "HTTP/1.1 100 Continue");
    EXPECT_EQ(asks.line(), "");
    asks.send(body);
    EXPECT_EQ(asks.answer().status, 200);

    const json endless =
        completion({{"max_tokens", 30'000}, {"ignore_eos", true}, {"stream", true}});
    std::vector<HttpClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(client());
        clients.back().post("/v1/completions", endless.dump());
        EXPECT_EQ(clients.back().line(), "HTTP/1.1 200 OK");
    }
    const HttpAnswer full = post("/v1/completions", completion());
    EXPECT_EQ(full.status, 429);
    EXPECT_EQ(json::parse(full.body)["error"]["code"], "queue_full");
    EXPECT_EQ(full.headers.at("retry-after"), "1");

    HttpClient header = client();
    header.send("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'a') +
                "\r\n\r\n");
    EXPECT_EQ(header.answer().status, 431);
    HttpClient nonsense = client();
    nonsense.send("nonsense\r\n\r\n");
    EXPECT_EQ(nonsense.answer().status, 400);
    EXPECT_EQ(get("/health").status, 200);
}

TEST_F(Served, GoesOnWhileClientsAreSlow) {
    start({"--patience", "1"});
    HttpClient header = client();
    header.send("POST /v1/comple");
    HttpClient body = client();
    body.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
    HttpClient reader(port(), 4096);  // asks for much and never reads
    reader.post(
        "/v1/completions",
        completion({{"max_tokens", 60'000}, {"ignore_eos", true}, {"n", 3}, {"stream", true}})
            .dump());
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 3));
    EXPECT_EQ(post("/v1/completions", completion({{"max_tokens", 4}})).status, 200);
    EXPECT_TRUE(header.endsWithin(20s));
    EXPECT_TRUE(body.endsWithin(20s));
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 0))
        << "the one that does not read is dropped";
}

TEST_F(Served, FinishesWhatItHasWhenItIsToEnd) {
    start();
    HttpClient running = client();
    running.post("/v1/completions", completion({{"max_tokens", 600}, {"ignore_eos", true}}).dump());
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 1));
    server().signal(SIGTERM);
    ASSERT_TRUE(
        becomesTrue([&] { return server().errors().find("ending when") != std::string::npos; }));
    HttpClient late = client();
    late.post("/v1/completions", completion().dump());
    const HttpAnswer refused = late.answer();
    if (refused.status != 0) {  // it may have ended already
        EXPECT_EQ(refused.status, 503);
        EXPECT_EQ(json::parse(refused.body)["error"]["code"], "draining");
        EXPECT_EQ(refused.headers.at("connection"), "close");
    }
    const HttpAnswer finished = running.answer();
    EXPECT_EQ(finished.status, 200);
    EXPECT_EQ(json::parse(finished.body)["usage"]["completion_tokens"], 600);
    const Ended ended = server().wait();
    EXPECT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_TRUE(cli().nothingLeft(30s));
}

TEST_F(Served, AsksForAKeyWhereOthersReachIt) {
    const Ended open = cli().run({"serve", "--model", "kept", "--host", "0.0.0.0", "--port", "0"});
    EXPECT_EQ(open.exitCode, 3);
    EXPECT_THAT(open.err,
                HasSubstr("--host: others reach 0.0.0.0, so a key is needed: give --api-key-file"));
    const auto file = cli().write("key", "0123456789abcdef\n");
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    start({"--api-key-file", file.string()});
    EXPECT_EQ(get("/health").status, 200);
    EXPECT_EQ(get("/openapi.json").status, 200);
    for (const char* path : {"/v1/models", "/v1/models/kept", "/metrics"}) {
        const HttpAnswer none = get(path);
        EXPECT_EQ(none.status, 401) << path;
        EXPECT_EQ(none.headers.at("www-authenticate"), "Bearer");
        EXPECT_EQ(get(path, "Authorization: Bearer 0123456789abcdeX\r\n").status, 401);
        EXPECT_EQ(get(path, "Authorization: Bearer 0123456789abcdef\r\n").status, 200);
    }
    EXPECT_EQ(post("/v1/completions", completion()).status, 401);
}

// A page of another site must not use a server of this machine through the user's browser.
TEST_F(Served, AnswersNoPageOfAnotherSite) {
    start();
    HttpClient rebound = client();
    rebound.send("GET /v1/models HTTP/1.1\r\nHost: example.com\r\n\r\n");
    EXPECT_EQ(rebound.answer().status, 403);
    HttpClient plain = client();
    const std::string body = completion().dump();
    plain.send(
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "text/plain\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(plain.answer().status, 415);
    EXPECT_FALSE(get("/v1/models").headers.contains("access-control-allow-origin"));
}

TEST_F(Served, EndsWithItsRank) {
    start();
    HttpClient running = client();
    running.post("/v1/completions",
                 completion({{"max_tokens", 50'000}, {"ignore_eos", true}}).dump());
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 1));
    ASSERT_EQ(cli().ranks().size(), 1U);
    ::kill(cli().ranks().front(), SIGKILL);
    const HttpAnswer answer = running.answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("the model's process has ended"));
    const Ended ended = server().wait();
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("SIGKILL"));
}

TEST_F(Served, ReadsWhatPromptsBeginWithOnce) {
    for (const char* ranks : {"1", "2"}) {
        SCOPED_TRACE(ranks);
        start({"--sp", ranks});
        const json asked = completion(
            {{"prompt", std::string(300, 'a') + "?"}, {"max_tokens", 20}, {"ignore_eos", true}});
        const json first = json::parse(post("/v1/completions", asked).body);
        EXPECT_EQ(figure("ringscope_serve_found_prompt_tokens_total"), 0);
        EXPECT_EQ(figure("ringscope_serve_prompt_tokens_total"), 301);
        const json second = json::parse(post("/v1/completions", asked).body);
        EXPECT_EQ(second["choices"], first["choices"]);
        EXPECT_EQ(second["usage"], first["usage"]);
        EXPECT_EQ(figure("ringscope_serve_found_prompt_tokens_total"), 288);
        EXPECT_EQ(figure("ringscope_serve_prompt_tokens_total"), 301 + 13);
        EXPECT_EQ(figure("ringscope_serve_cache_reserved_tokens"), 0);
        EXPECT_GE(figure("ringscope_serve_cache_kept_tokens"), 288);
        server().signal(SIGTERM);
        EXPECT_EQ(server().wait().exitCode, 0);
    }
}

// A rank's cache of 128 KiB has no room for the prompt; two have.
TEST_F(Served, SharesTheCacheAmongRanks) {
    const std::string prompt(300, 'a');
    const json asked = completion({{"prompt", prompt}, {"max_tokens", 20}, {"ignore_eos", true}});
    start({"--cache", "128KiB"});
    const HttpAnswer tooLong = post("/v1/completions", asked);
    EXPECT_EQ(tooLong.status, 400) << tooLong.body;
    const std::int64_t ofOne = figure("ringscope_serve_cache_tokens");
    server().signal(SIGTERM);
    server().wait();

    start({"--cache", "128KiB", "--sp", "2"});
    EXPECT_THAT(server().errors(), HasSubstr("on each of 2 ranks"));
    EXPECT_EQ(cli().ranks().size(), 2U);
    EXPECT_EQ(figure("ringscope_serve_cache_tokens"), 2 * ofOne);
    const HttpAnswer answer = post("/v1/completions", asked);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const Ended generated = cli().run({"generate", "--model", "kept", "--prompt", prompt,
                                       "--max-tokens", "20", "--ignore-end", "--json"});
    EXPECT_EQ(json::parse(answer.body)["choices"][0]["text"],
              json::parse(generated.out)["texts"][0]["text"]);
    server().signal(SIGTERM);
    const Ended ended = server().wait();
    EXPECT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_TRUE(cli().nothingLeft(30s));
}

TEST_F(Served, EndsWithAnyOfItsRanks) {
    start({"--sp", "2"});
    HttpClient running = client();
    running.post("/v1/completions",
                 completion({{"max_tokens", 50'000}, {"ignore_eos", true}}).dump());
    EXPECT_TRUE(becomes("ringscope_serve_running_texts", 1));
    ASSERT_EQ(cli().ranks().size(), 2U);
    ::kill(cli().ranks().back(), SIGKILL);
    const HttpAnswer answer = running.answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("the model's process has ended"));
    const Ended ended = server().wait();
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("SIGKILL"));
    EXPECT_TRUE(cli().nothingLeft(30s));
}

TEST_F(Served, SaysWhatCannotBe) {
    start();
    const Ended taken = cli().run({"serve", "--model", "kept", "--port", std::to_string(port())});
    EXPECT_EQ(taken.exitCode, 6);
    EXPECT_THAT(taken.err, HasSubstr("cannot listen on 127.0.0.1 port " + std::to_string(port())));
    const Ended small = cli().run({"serve", "--model", "kept", "--port", "0", "--cache", "1KiB"});
    EXPECT_EQ(small.exitCode, 7);
    EXPECT_THAT(small.err,
                HasSubstr("a cache of 1.00 KiB is too small for 64 texts of this model"));
    const Ended foreign = cli().run({"serve", "--model", RINGSCOPE_MODELS "/llama", "--port", "0"});
    EXPECT_EQ(foreign.exitCode, 4);
    EXPECT_THAT(foreign.err, HasSubstr("holds neither tokenizer.json nor tokenizer.model"));
}

}  // namespace
}  // namespace ringscope::test
