// Answers clients: which request is for what, who may ask, and whose text is whose.
#pragma once

#include "app/serve/client.h"
#include "app/serve/rank_stream.h"
#include "app/serve/serve.h"
#include "backend/serve/api_answer.h"
#include "backend/serve/serving_figures.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ringscope {

class Front : public ClientHandler {
public:
    Front(const ServeSettings& settings, const ServeReports& reports);
    ~Front() override;

    // For clients and for the rank. Fails where the port is taken.
    Result<void> listen();
    std::string rankSocket() const { return rank_.path(); }
    std::string rankSecret() const { return rank_.secret(); }

    // Blocks until all is answered after drain(), or the rank is gone.
    void run();
    bool wasReady() const { return wasReady_; }
    bool lostRank() const { return state_ == State::Failed; }

    // From any thread.
    void drain();
    void rankEnded(std::string reason);

private:
    enum class State { Loading, Ready, Draining, Failed };
    using Time = std::chrono::steady_clock::time_point;

    // A request whose texts are being made.
    struct Exchange {
        std::shared_ptr<Client> client{};
        std::string endpoint{};
        ApiRequest request{};
        AnswerHead head{};
        AnswerUsage usage{};
        std::vector<AnswerChoice> choices{};
        std::vector<std::int64_t> ids{};  // of the texts, in the order of the choices
        std::int64_t open = 0;            // texts that have not ended
        bool hasFirst = false;
        Time began{};
    };
    using Read = std::variant<ApiRequest, ApiError>;

    // Of clients.
    void asked(const std::shared_ptr<Client>& client, ClientRequest request) override;
    void left(Client& client) override;
    void refused(int status) override;
    void answered() override;
    void closed() override;
    bool isEnding() const override { return state_ == State::Draining || state_ == State::Failed; }

    void accept();
    std::optional<ApiError> whyNot(const ClientRequest& request, const std::string& endpoint) const;
    std::optional<ApiError> whyNotNow() const;
    void tell(const std::shared_ptr<Client>& client, const std::string& endpoint,
              const ApiError& error);
    void tell(const std::shared_ptr<Client>& client, const std::string& endpoint, std::string body,
              std::string_view type = "application/json");
    void answerPlace(const std::shared_ptr<Client>& client, const std::string& endpoint);
    void answerModel(const std::shared_ptr<Client>& client, const std::string& path);
    void complete(const std::shared_ptr<Client>& client, ApiKind kind, std::string endpoint,
                  std::string body);
    void begin(const std::shared_ptr<Client>& client, std::string endpoint, Read read, Time began);

    // Of the rank.
    void heard(const ServingEvent& event);
    void heardReady(const ServingReady& ready);
    void grow(const ServingGrowth& growth);
    void finish(const std::shared_ptr<Exchange>& exchange);
    void fail(const std::shared_ptr<Exchange>& exchange, const ApiError& error);
    void forget(Exchange& exchange);

    void endWhenDone();

    ServeSettings settings_;
    const ServeReports& reports_;
    State state_ = State::Loading;
    bool wasReady_ = false;
    bool ended_ = false;
    std::string failure_{};
    std::uint16_t port_ = 0;
    bool accepting_ = false;
    std::int64_t busy_ = 0;  // clients that are being answered
    std::int64_t lastText_ = 0;
    std::uint64_t seeds_ = 0;
    ServingFigures figures_{};

    // Clients, which tell of their end, are destroyed with these.
    boost::asio::io_context context_{1};
    boost::asio::thread_pool readers_{2};
    boost::asio::ip::tcp::acceptor acceptor_;
    RankStream rank_;
    std::map<std::int64_t, std::shared_ptr<Exchange>> exchanges_{};  // by text
};

}  // namespace ringscope
