#include "kernels/generate/serving_loop.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace ringscope {

ServingLoop::ServingLoop(BatchModel& model, std::optional<Tokenizer> tokenizer,
                         std::int64_t promptTokens)
    : model_(model), tokenizer_(std::move(tokenizer)), promptTokens_(promptTokens) {}

void ServingLoop::begin(const ServingBegin& begin) {
    const std::int64_t prompt = std::ssize(begin.request.prompt);
    const std::int64_t most = prompt + begin.request.maxTokens - 1;  // nothing follows the last one
    if (most > model_.longest()) {
        refused_.push_back({.id = begin.id,
                            .problem = "the text would have " + std::to_string(most + 1) +
                                       " tokens, and there is room for " +
                                       std::to_string(model_.longest() + 1)});
        return;
    }
    waiting_.push_back({begin.id, most, model_.namesOf(begin.request.prompt),
                        GrowingText(begin.request, begin.number, tokenizer_), -1, 0, prompt});
}

void ServingLoop::leave(std::int64_t id) {
    std::erase_if(waiting_, [&](const Text& text) { return text.id == id; });
    std::erase_if(running_, [&](const Text& text) {
        if (text.id == id) model_.end(text.place);
        return text.id == id;
    });
}

void ServingLoop::admit() {
    while (!waiting_.empty()) {
        Text& next = waiting_.front();
        const std::optional<int> place = model_.begin(next.most, next.names);
        if (!place) return;
        next.names = {};
        next.place = *place;
        next.read = model_.has(*place);
        found_ += next.read;
        running_.push_back(std::move(next));
        waiting_.pop_front();
    }
}

// A text that grows beyond what its keys' angles are for.
void ServingLoop::rereadWhereDue(Text& text) const {
    const std::optional<std::int64_t> limit = model_.rereadBeyond();
    const std::int64_t length = std::ssize(text.text.tokens());
    if (!limit || text.prompt > *limit || length <= *limit || text.read < text.prompt) return;
    text.read = 0;
    text.prompt = length;
}

BatchModel::Part ServingLoop::nextPart(Text& text) const {
    const std::vector<std::int64_t>& tokens = text.text.tokens();
    const std::int64_t end = std::min(std::ssize(tokens), text.read + model_.tokensOfPart());
    return {.text = text.place,
            .tokens = {tokens.begin() + text.read, tokens.begin() + end},
            .first = text.read,
            .length = std::ssize(tokens),
            .wantsLogits = end == std::ssize(tokens)};
}

// `asked`: which running texts get a token, in the order of the logits' rows. `read` grows by the
// tokens of prompts.
std::vector<BatchModel::Part> ServingLoop::nextParts(std::vector<std::size_t>& asked,
                                                     std::int64_t& read) {
    std::vector<BatchModel::Part> parts;
    for (std::size_t i = 0; i < running_.size(); ++i) {
        Text& text = running_[i];
        rereadWhereDue(text);
        BatchModel::Part part = nextPart(text);
        const std::int64_t count = std::ssize(part.tokens);
        if (text.read < text.prompt) {
            if (read > 0 && read + count > promptTokens_) continue;
            read += count;
        }
        text.read += count;
        if (part.wantsLogits) asked.push_back(i);
        parts.push_back(std::move(part));
    }
    return parts;
}

ServingStep ServingLoop::step() {
    const auto began = std::chrono::steady_clock::now();
    ServingStep step{.growths = std::exchange(refused_, {})};
    admit();
    std::vector<std::size_t> asked;
    const std::vector<BatchModel::Part> parts = nextParts(asked, step.read);
    if (!parts.empty()) grow(model_.step(parts), asked, step);
    std::erase_if(running_, [&](const Text& text) {
        if (text.text.ended()) model_.end(text.place);
        return text.text.ended();
    });
    ServingStep told = standing();
    told.growths = std::move(step.growths);
    told.read = step.read;
    told.found = std::exchange(found_, 0);
    told.duration = std::chrono::steady_clock::now() - began;
    return told;
}

ServingStep ServingLoop::standing() const {
    return {.running = std::ssize(running_),
            .waiting = std::ssize(waiting_),
            .reserved = model_.used(),
            .kept = model_.kept()};
}

void ServingLoop::grow(const at::Tensor& logits, const std::vector<std::size_t>& asked,
                       ServingStep& step) {
    const at::Tensor rows = logits.to(at::kFloat).cpu().contiguous();
    const auto* values = rows.const_data_ptr<float>();
    const std::int64_t columns = rows.size(1);
    std::vector<std::int64_t> tokens(asked.size());
    at::parallel_for(0, std::ssize(asked), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const auto at = static_cast<std::size_t>(row);
            tokens[at] = running_[asked[at]].text.pick(
                {values + row * columns, static_cast<std::size_t>(columns)});
        }
    });
    for (std::size_t row = 0; row < asked.size(); ++row) {
        Text& text = running_[asked[row]];
        ServingGrowth growth{.id = text.id, .tokens = {tokens[row]}};
        Result<TextGrowth> more = text.text.add(tokens[row]);
        if (more.ok()) {
            growth.text = std::move(more->text);
            growth.ended = std::move(more->ended);
        } else {
            growth.problem = more.error().message;
            text.text.giveUp();
        }
        step.growths.push_back(std::move(growth));
    }
}

}  // namespace ringscope
