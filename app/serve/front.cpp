#include "app/serve/front.h"

#include "backend/core/mix.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/serve/api_key.h"
#include "embedded/openApi.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <random>
#include <set>
#include <utility>

namespace ringscope {
namespace {

using boost::asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::int64_t mostConnections = 1024;  // at once; others wait to be accepted
constexpr std::string_view modelsPlace = "/v1/models";

// Whether a key is asked for is a part of the row: who watches whether the server lives has none.
struct Place {
    std::string_view path;
    std::string_view method;
    bool open = false;
};
constexpr std::array places = {
    Place{"/health", "GET", true},
    Place{"/openapi.json", "GET", true},
    Place{"/metrics", "GET"},
    Place{modelsPlace, "GET"},
    Place{"/v1/models/{model}", "GET"},
    Place{"/v1/completions", "POST"},
    Place{"/v1/chat/completions", "POST"},
};

const Place* placeOf(std::string_view path) {
    const bool isModel = path.starts_with("/v1/models/");
    const auto found = std::ranges::find(places, isModel ? places[4].path : path, &Place::path);
    return found == places.end() ? nullptr : &*found;
}

// Bytes of a path as they were meant: "%2F" is "/".
std::string withoutEscapes(std::string_view path) {
    const auto digit = [](char letter) {
        if (letter >= '0' && letter <= '9') return letter - '0';
        const int of = std::tolower(static_cast<unsigned char>(letter)) - 'a';
        return of >= 0 && of < 6 ? of + 10 : -1;
    };
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool escaped = path[i] == '%' && i + 2 < path.size() && digit(path[i + 1]) >= 0 &&
                             digit(path[i + 2]) >= 0;
        text += escaped ? static_cast<char>(16 * digit(path[i + 1]) + digit(path[i + 2])) : path[i];
        if (escaped) i += 2;
    }
    return text;
}

bool isJson(std::string_view type) {
    return toLower(trim(type.substr(0, type.find(';')))) == "application/json";
}

}  // namespace

Front::Front(const ServeSettings& settings, const ServeReports& reports)
    : settings_(settings),
      reports_(reports),
      seeds_((std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}()),
      acceptor_(context_),
      rank_(context_) {}

Front::~Front() {
    ended_ = true;
    readers_.stop();
    readers_.join();
}

Result<void> Front::listen() {
    RINGSCOPE_CHECK(rank_.listen([this](const ServingEvent& event) { heard(event); },
                                 [this] { rankEnded("the rank has ended"); }));
    boost::system::error_code failed;
    const std::string host = settings_.host == "localhost" ? "127.0.0.1" : settings_.host;
    const auto address = boost::asio::ip::make_address(host, failed);
    if (failed)
        return Error{ErrorCode::InvalidConfig,
                     "--host: " + shown(host) + " is no address; expected one like 127.0.0.1"};
    if (!address.is_loopback() && settings_.key.empty())
        return Error{ErrorCode::InvalidConfig,
                     "--host: others reach " + host + ", so a key is needed: give --api-key-file"};
    const tcp::endpoint at(address, settings_.port);
    acceptor_.open(at.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(at, failed);
    if (!failed) acceptor_.listen(boost::asio::socket_base::max_listen_connections, failed);
    if (failed)
        return Error{ErrorCode::Unavailable, "cannot listen on " + host + " port " +
                                                 std::to_string(settings_.port) + ": " +
                                                 failed.message() + "; name a free port"};
    port_ = acceptor_.local_endpoint().port();
    accept();
    return {};
}

void Front::accept() {
    accepting_ = true;
    acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
        accepting_ = false;
        if (ended_) return;
        if (!failed) {
            ++figures_.connections;
            std::make_shared<Client>(
                std::move(socket), *this,
                ClientLimits{.patience = settings_.patience, .body = settings_.body})
                ->start();
        }
        if (figures_.connections < mostConnections) accept();
    });
}

void Front::closed() {
    --figures_.connections;
    if (!accepting_ && !ended_) accept();
}

void Front::run() { context_.run(); }

void Front::drain() {
    boost::asio::post(context_, [this] {
        if (isEnding()) return;
        state_ = State::Draining;
        if (reports_.draining) reports_.draining(std::ssize(exchanges_));
        endWhenDone();
    });
}

void Front::rankEnded(std::string reason) {
    boost::asio::post(context_, [this, reason = std::move(reason)] {
        if (ended_ || state_ == State::Failed) return;
        state_ = State::Failed;
        failure_ = reason;
        std::set<std::shared_ptr<Exchange>> all;
        for (const auto& [text, exchange] : exchanges_) all.insert(exchange);
        for (const std::shared_ptr<Exchange>& exchange : all)
            fail(exchange, failed("the model's process has ended: " + reason));
        endWhenDone();
    });
}

void Front::endWhenDone() {
    if (!isEnding() || busy_ > 0 || !exchanges_.empty() || ended_) return;
    ended_ = true;
    rank_.close();
    context_.stop();
}

void Front::answered() {
    --busy_;
    endWhenDone();
}

void Front::refused(int status) {
    ++busy_;
    ++figures_.answers[{"none", status}];
}

void Front::tell(const std::shared_ptr<Client>& client, const std::string& endpoint,
                 const ApiError& error) {
    ++figures_.answers[{endpoint, error.status}];
    ClientAnswer answer{.status = error.status, .body = errorBody(error)};
    if (error.status == 401) answer.headers.push_back({"WWW-Authenticate", "Bearer"});
    if (error.status == 429 || error.status == 503) answer.headers.push_back({"Retry-After", "1"});
    if (const Place* place = placeOf(endpoint); place != nullptr && error.status == 405)
        answer.headers.push_back({"Allow", std::string(place->method)});
    client->answer(std::move(answer));
}

void Front::tell(const std::shared_ptr<Client>& client, const std::string& endpoint,
                 std::string body, std::string_view type) {
    ++figures_.answers[{endpoint, 200}];
    client->answer({.type = std::string(type), .body = std::move(body)});
}

std::optional<ApiError> Front::whyNot(const ClientRequest& request,
                                      const std::string& endpoint) const {
    const Place* place = placeOf(endpoint);
    // Without a key, a browser's page of another site must not reach this server by a name of its
    // own that leads here.
    if (settings_.key.empty() && !namesLoopback(request.host))
        return ApiError{.status = 403,
                        .message =
                            "the Host header names another machine; this server has no key "
                            "and answers this machine alone",
                        .code = "wrong_host"};
    const bool isOpen = place != nullptr && place->open;
    if (!settings_.key.empty() && !isOpen && !hasKey(request.authorization, settings_.key))
        return wrongKey();
    if (place == nullptr) return noSuchPlace(request.method, shown(request.path));
    if (request.method != place->method)
        return wrongMethod(request.method, std::string(place->path), std::string(place->method));
    // Such a request a page of another site cannot make without asking first.
    if (request.method == "POST" && !isJson(request.contentType))
        return ApiError{.status = 415,
                        .message = "the body's Content-Type must be application/json",
                        .code = "wrong_content_type"};
    return std::nullopt;
}

std::optional<ApiError> Front::whyNotNow() const {
    switch (state_) {
        case State::Loading:
            return unavailable("loading", "the model is being loaded; try again later");
        case State::Draining:
            return unavailable("draining", "the server is about to end");
        case State::Failed:
            return unavailable("failed", "the model's process has ended: " + failure_);
        case State::Ready:
            return std::nullopt;
    }
    return std::nullopt;
}

void Front::asked(const std::shared_ptr<Client>& client, ClientRequest request) {
    ++busy_;
    const Place* place = placeOf(request.path);
    const std::string endpoint = place == nullptr ? "none" : std::string(place->path);
    if (const auto problem = whyNot(request, endpoint)) return tell(client, endpoint, *problem);
    if (request.method == "GET") {
        if (endpoint == places[4].path) return answerModel(client, request.path);
        return answerPlace(client, endpoint);
    }
    if (const auto problem = whyNotNow()) return tell(client, endpoint, *problem);
    complete(client, endpoint == "/v1/completions" ? ApiKind::Completion : ApiKind::Chat, endpoint,
             std::move(request.body));
}

void Front::answerPlace(const std::shared_ptr<Client>& client, const std::string& endpoint) {
    if (endpoint == "/metrics")
        return tell(client, endpoint, figures_.text(), ServingFigures::contentType);
    if (endpoint == "/openapi.json") return tell(client, endpoint, std::string(embedded::openApi));
    if (const auto problem = whyNotNow()) return tell(client, endpoint, *problem);
    if (endpoint == "/health") return tell(client, endpoint, R"({"status":"ok"})");
    tell(client, endpoint, modelsBody(settings_.model));
}

void Front::answerModel(const std::shared_ptr<Client>& client, const std::string& path) {
    const std::string endpoint(places[4].path);
    const std::string name = withoutEscapes(path.substr(modelsPlace.size() + 1));
    if (name != settings_.model.id)
        return tell(client, endpoint, noSuchModel(name, settings_.model.id));
    if (const auto problem = whyNotNow()) return tell(client, endpoint, *problem);
    tell(client, endpoint, modelBody(settings_.model));
}

void Front::complete(const std::shared_ptr<Client>& client, ApiKind kind, std::string endpoint,
                     std::string body) {
    const auto seed = static_cast<std::int64_t>(mixBits(++seeds_) >> 2U);
    const Time began = steady_clock::now();
    boost::asio::post(readers_, [this, client, kind, endpoint = std::move(endpoint),
                                 body = std::move(body), seed, began]() mutable {
        Read read = readApiRequest(kind, body, settings_.model, settings_.limits, seed);
        boost::asio::post(context_,
                          [this, client = std::move(client), endpoint = std::move(endpoint),
                           read = std::move(read), began]() mutable {
                              begin(client, std::move(endpoint), std::move(read), began);
                          });
    });
}

void Front::begin(const std::shared_ptr<Client>& client, std::string endpoint, Read read,
                  Time began) {
    if (client->hasGone()) {
        ++figures_.left;
        return;
    }
    if (const auto* problem = std::get_if<ApiError>(&read)) return tell(client, endpoint, *problem);
    if (const auto problem = whyNotNow()) return tell(client, endpoint, *problem);
    auto exchange = std::make_shared<Exchange>();
    exchange->request = std::move(std::get<ApiRequest>(read));
    const ApiRequest& request = exchange->request;
    if (std::ssize(exchanges_) + request.texts() > settings_.job.texts + settings_.queue)
        return tell(client, endpoint, queueFull(std::ssize(exchanges_)));
    exchange->client = client;
    exchange->endpoint = endpoint;
    exchange->head = {.kind = request.kind,
                      .id = newAnswerId(request.kind),
                      .model = settings_.model.id,
                      .created = std::time(nullptr),
                      .includesUsage = request.includesUsage};
    exchange->usage.promptTokens = request.promptTokens();
    exchange->began = began;
    exchange->open = request.texts();
    exchange->choices.resize(static_cast<std::size_t>(request.texts()));
    for (const GenerationRequest& prompt : request.prompts)
        for (std::int64_t number = 0; number < request.choices; ++number) {
            const std::int64_t id = ++lastText_;
            exchange->ids.push_back(id);
            exchanges_[id] = exchange;
            rank_.send(ServingBegin{id, static_cast<int>(number), prompt});
        }
    if (!request.streams) return;
    ++figures_.answers[{endpoint, 200}];
    client->beginStream();
    if (request.kind == ApiKind::Chat)
        for (std::int64_t choice = 0; choice < request.texts(); ++choice)
            client->send(roleEvent(exchange->head, choice));
}

// All texts of the client's request lose their room at once.
void Front::left(Client& client) {
    const auto found = std::ranges::find_if(
        exchanges_, [&](const auto& each) { return each.second->client.get() == &client; });
    if (found == exchanges_.end()) return;
    ++figures_.left;
    forget(*std::shared_ptr<Exchange>(found->second));
}

void Front::forget(Exchange& exchange) {
    for (const std::int64_t id : exchange.ids)
        if (exchanges_.erase(id) > 0) rank_.send(ServingLeave{id});
}

void Front::heard(const ServingEvent& event) {
    if (const auto* ready = std::get_if<ServingReady>(&event)) return heardReady(*ready);
    const auto& step = std::get<ServingStep>(event);
    if (step.duration > Nanos(0)) figures_.step.add(step.duration);
    figures_.promptTokens += step.read;
    figures_.foundTokens += step.found;
    for (const ServingGrowth& growth : step.growths) grow(growth);
    figures_.last = step;
    figures_.last.growths.clear();
    endWhenDone();
}

void Front::heardReady(const ServingReady& ready) {
    figures_.room = ready;
    settings_.model.longest = ready.longest;
    if (state_ != State::Loading) return;
    state_ = State::Ready;
    wasReady_ = true;
    if (reports_.ready) reports_.ready(ready, port_);
}

void Front::grow(const ServingGrowth& growth) {
    figures_.madeTokens += std::ssize(growth.tokens);
    const auto found = exchanges_.find(growth.id);
    if (found == exchanges_.end()) return;  // its client has left
    const std::shared_ptr<Exchange> exchange = found->second;
    if (!growth.problem.empty()) return fail(exchange, failed(growth.problem));
    if (!exchange->hasFirst) figures_.firstToken.add(steady_clock::now() - exchange->began);
    exchange->hasFirst = true;
    const std::int64_t number = std::ranges::find(exchange->ids, growth.id) - exchange->ids.begin();
    AnswerChoice& choice = exchange->choices[static_cast<std::size_t>(number)];
    choice.tokens += std::ssize(growth.tokens);
    choice.ended = growth.ended;
    exchange->usage.madeTokens += std::ssize(growth.tokens);
    if (!exchange->request.streams)
        choice.text += growth.text;
    else if (!growth.text.empty() || !growth.ended.empty())
        exchange->client->send(growthEvent(exchange->head, number, growth.text, growth.ended));
    if (growth.ended.empty()) return;
    exchanges_.erase(growth.id);
    if (--exchange->open == 0) finish(exchange);
}

void Front::finish(const std::shared_ptr<Exchange>& exchange) {
    figures_.request.add(steady_clock::now() - exchange->began);
    if (!exchange->request.streams)
        return tell(exchange->client, exchange->endpoint,
                    answerBody(exchange->head, exchange->choices, exchange->usage));
    if (exchange->request.includesUsage)
        exchange->client->send(usageEvent(exchange->head, exchange->usage));
    exchange->client->send(doneEvent);
    exchange->client->endStream();
}

void Front::fail(const std::shared_ptr<Exchange>& exchange, const ApiError& error) {
    forget(*exchange);
    if (!exchange->request.streams) return tell(exchange->client, exchange->endpoint, error);
    exchange->client->send(errorEvent(error));
    exchange->client->send(doneEvent);
    exchange->client->endStream();
}

}  // namespace ringscope
