#include "kernels/generate/serve_program.h"

#include "backend/text/tokenizer.h"
#include "kernels/comm/line_stream.h"
#include "kernels/generate/batch_model.h"
#include "kernels/generate/serving_loop.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using namespace std::chrono_literals;

// Commands on their way from the thread that reads to the one that computes.
class CommandQueue {
public:
    void add(ServingCommand command) {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(command));
        came_.notify_one();
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        came_.notify_one();
    }

    // All that came; none after `patience`. Nothing: no more will come.
    std::optional<std::vector<ServingCommand>> take(std::chrono::seconds patience) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, patience, [this] { return closed_ || !commands_.empty(); });
        if (closed_) return std::nullopt;
        return std::exchange(commands_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<ServingCommand> commands_{};
    bool closed_ = false;
};

// Reads commands while it lives.
class CommandReader {
public:
    explicit CommandReader(LineStream& stream) : stream_(stream), thread_([this] { read(); }) {}
    ~CommandReader() {
        stream_.stop();
        thread_.join();
    }
    CommandReader(const CommandReader&) = delete;
    CommandReader& operator=(const CommandReader&) = delete;

    CommandQueue& queue() { return queue_; }

private:
    void read() {
        while (const std::optional<std::string> line = stream_.read())
            if (std::optional<ServingCommand> command = parseServingCommand(*line))
                queue_.add(std::move(*command));
        queue_.close();
    }

    LineStream& stream_;
    CommandQueue queue_;
    std::thread thread_;
};

// Other ranks wait for a round no longer than their group does for a message.
constexpr std::chrono::seconds betweenIdleRounds{20};
static_assert(betweenIdleRounds < defaultTimeout);

void perform(ServingLoop& loop, const ServingCommand& command) {
    if (const auto* begin = std::get_if<ServingBegin>(&command))
        loop.begin(*begin);
    else
        loop.leave(std::get<ServingLeave>(command).id);
}

// Until the front closes the stream.
Result<void> serveFront(BatchModel& model, const ServingJob& job) {
    std::optional<Tokenizer> tokenizer;
    if (!job.tokenizer.empty()) {
        RINGSCOPE_TRY(tokenizer, Tokenizer::load(job.tokenizer));
    }
    RINGSCOPE_TRY(LineStream front, LineStream::connect(job.socket));
    front.write(toLine(ServingEvent(ServingReady{.secret = job.secret,
                                                 .longest = model.longest(),
                                                 .capacity = model.capacity(),
                                                 .cache = model.cacheBytes()})));
    ServingLoop loop(model, tokenizer, job.promptTokens);
    CommandReader reader(front);
    while (const auto commands = reader.queue().take(loop.idle() ? betweenIdleRounds : 0s)) {
        for (const ServingCommand& command : *commands) perform(loop, command);
        if (loop.idle()) model.idleRound();
        if (commands->empty() && loop.idle()) continue;
        const ServingStep step = loop.idle() ? loop.standing() : loop.step();
        if (!front.write(toLine(ServingEvent(step)))) break;
    }
    return {};
}

}  // namespace

Result<void> serveTexts(const RankArguments& arguments, RankInput& input, const EventWriter& events,
                        const RunPlan& plan, const ServingJob& job) {
    const std::string device = deviceName(plan.config.launch.device, arguments.localRank);
    MetRanks met;
    if (arguments.world > 1) {
        RINGSCOPE_TRY(met, meetRanks(arguments, input, events, device));
    }
    sayHello(arguments, events, device);  // a large model may take longer than a first word may
    RINGSCOPE_TRY(const std::unique_ptr<BatchModel> model,
                  BatchModel::make(plan.config, c10::Device(device),
                                   {.texts = job.texts,
                                    .tokensOfPart = job.promptTokens,
                                    .longest = job.longest,
                                    .cache = job.cache},
                                   met.group.get()));
    if (arguments.rank > 0) {
        while (model->follow()) {
        }
    } else {
        RINGSCOPE_CHECK(serveFront(*model, job));
        model->endRounds();
    }
    if (met.group) met.group->barrier();  // no rank ends while another still sends to it
    return {};
}

}  // namespace ringscope
