// The front of `ringscope serve` between real clients and a rank that is a thread of the test: all
// its threads at once, without libtorch, so that ThreadSanitizer can watch them.
#include "app/serve/front.h"
#include "tests/support/http_client.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace ringscope::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Makes a token "a" of every text in each step, as long as the text may become.
class FakeRank {
public:
    FakeRank(const std::string& path, const std::string& secret)
        : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
            throw std::runtime_error("cannot reach the front: " + path);
        tell(ServingReady{.secret = secret, .longest = 100'000, .capacity = 100'000});
        reader_ = std::thread([this] { read(); });
        maker_ = std::thread([this] { make(); });
    }
    ~FakeRank() { die(); }
    FakeRank(const FakeRank&) = delete;
    FakeRank& operator=(const FakeRank&) = delete;

    void die() {
        if (over_.exchange(true)) return;
        ::shutdown(socket_, SHUT_RDWR);
        reader_.join();
        maker_.join();
        ::close(socket_);
    }

private:
    void tell(const ServingEvent& event) {
        const std::string line = toLine(event) + '\n';
        for (std::size_t sent = 0; sent < line.size();) {
            const ssize_t some =
                ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
            if (some <= 0) return;
            sent += static_cast<std::size_t>(some);
        }
    }

    void read() {
        std::string lines;
        std::array<char, 4096> some{};
        for (ssize_t size = 0; (size = ::recv(socket_, some.data(), some.size(), 0)) > 0;) {
            lines.append(some.data(), static_cast<std::size_t>(size));
            for (std::size_t end = 0; (end = lines.find('\n')) != std::string::npos;
                 lines.erase(0, end + 1))
                take(*parseServingCommand(lines.substr(0, end)));
        }
    }

    void take(const ServingCommand& command) {
        const std::lock_guard lock(mutex_);
        if (const auto* begin = std::get_if<ServingBegin>(&command))
            left_[begin->id] = begin->request.maxTokens;
        else
            left_.erase(std::get<ServingLeave>(command).id);
    }

    void make() {
        while (!over_) {
            ServingStep step{.duration = 1ms};
            {
                const std::lock_guard lock(mutex_);
                for (auto text = left_.begin(); text != left_.end();) {
                    const bool ends = --text->second == 0;
                    step.growths.push_back({.id = text->first,
                                            .tokens = {97},
                                            .text = "a",
                                            .ended = ends ? std::string(endedByLength) : ""});
                    text = ends ? left_.erase(text) : std::next(text);
                }
                step.running = std::ssize(left_);
            }
            if (step.growths.empty())
                std::this_thread::sleep_for(1ms);
            else
                tell(step);
        }
    }

    int socket_;
    std::atomic<bool> over_ = false;
    std::mutex mutex_;
    std::map<std::int64_t, std::int64_t> left_;  // tokens of each text
    std::thread reader_;
    std::thread maker_;
};

class FrontTest : public ::testing::Test {
protected:
    void SetUp() override {
        ServeSettings settings{
            .port = 0,
            .model = readServedModel("made", "byte", {}).value(),
            .job = {.texts = 64},
        };
        settings.model.vocabulary = 256;
        reports_.ready = [this](const ServingReady&, std::uint16_t port) { port_.set_value(port); };
        front_ = std::make_unique<Front>(settings, reports_);
        const Result<void> listens = front_->listen();
        ASSERT_TRUE(listens.ok()) << listens.error().message;
        thread_ = std::thread([this] { front_->run(); });
        rank_ = std::make_unique<FakeRank>(front_->rankSocket(), front_->rankSecret());
        port = port_.get_future().get();
    }

    void TearDown() override {
        if (front_) end();
    }

    // As the program does it: who is not answered then is not connected any more.
    void end() {
        front_->drain();
        thread_.join();
        rank_.reset();
        front_.reset();
    }

    static std::string asking(std::int64_t tokens, bool streams = false) {
        return json{{"model", "made"}, {"prompt", "x"}, {"max_tokens", tokens}, {"stream", streams}}
            .dump();
    }

    HttpAnswer ask(std::int64_t tokens, bool streams = false) const {
        HttpClient client(port);
        client.post("/v1/completions", asking(tokens, streams));
        return client.answer();
    }

    // The text of a stream, once it has ended as it should.
    static std::string streamed(const std::string& events) {
        std::string text;
        std::istringstream lines(events);
        for (std::string line; std::getline(lines, line);) {
            if (line == "data: [DONE]") return text;
            if (line.starts_with("data: "))
                text += json::parse(line.substr(6))["choices"][0]["text"].get<std::string>();
        }
        return "no end: " + events;
    }

    std::uint16_t port = 0;
    ServeReports reports_{};
    std::promise<std::uint16_t> port_;
    std::unique_ptr<Front> front_;
    std::unique_ptr<FakeRank> rank_;
    std::thread thread_;
};

TEST_F(FrontTest, GivesEachOfManyClientsItsOwnText) {
    std::vector<std::jthread> clients;
    for (int number = 0; number < 8; ++number)
        clients.emplace_back([this, number] {
            for (int round = 0; round < 10; ++round) {
                const std::int64_t tokens = 1 + (number * 7 + round) % 23;
                const std::string text(static_cast<std::size_t>(tokens), 'a');
                const HttpAnswer whole = ask(tokens);
                ASSERT_EQ(whole.status, 200) << whole.body;
                EXPECT_EQ(json::parse(whole.body)["choices"][0]["text"], text);
                EXPECT_EQ(json::parse(whole.body)["usage"]["completion_tokens"], tokens);
                const HttpAnswer parts = ask(tokens, true);
                EXPECT_EQ(streamed(parts.body), text);
            }
        });
}

TEST_F(FrontTest, GoesOnWhileClientsLeave) {
    std::vector<std::jthread> clients;
    for (int number = 0; number < 4; ++number)
        clients.emplace_back([this] {
            for (int round = 0; round < 10; ++round) {
                HttpClient leaves(port);
                leaves.post("/v1/completions", asking(50'000, true));
                EXPECT_EQ(leaves.line(), "HTTP/1.1 200 OK");
                leaves.leave();
                EXPECT_EQ(ask(3).status, 200);
            }
        });
    clients.clear();
    EXPECT_EQ(ask(3).status, 200);
}

TEST_F(FrontTest, AnswersWhatItHasWhenItIsToEnd) {
    std::vector<std::jthread> clients;
    for (int number = 0; number < 4; ++number)
        clients.emplace_back([this] {
            try {
                for (int status = 200; status == 200;) {
                    status = ask(20).status;
                    EXPECT_TRUE(status == 200 || status == 503 || status == 0) << status;
                }
            } catch (const std::system_error&) {  // nobody listens any more
            }
        });
    std::this_thread::sleep_for(50ms);
    end();
}

TEST_F(FrontTest, TellsAllClientsThatItsRankHasEnded) {
    std::vector<std::jthread> clients;
    std::atomic<int> waiting = 0;
    for (int number = 0; number < 6; ++number)
        clients.emplace_back([this, &waiting] {
            ++waiting;
            const HttpAnswer answer = ask(90'000);
            EXPECT_EQ(answer.status, 500) << answer.body;
            EXPECT_THAT(answer.body, ::testing::HasSubstr("the model's process has ended"));
        });
    while (waiting < 6) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(100ms);  // all are being made
    rank_->die();
    front_->rankEnded("rank 0 was ended by SIGKILL");  // the agent says so, too
    clients.clear();
    EXPECT_TRUE(front_->lostRank());
}

}  // namespace
}  // namespace ringscope::test
