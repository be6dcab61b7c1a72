#include "kernels/generate/growing_text.h"

#include "kernels/generate/sampling.h"

#include <algorithm>

namespace ringscope {

GrowingText::GrowingText(const GenerationRequest& request, int number,
                         const std::optional<Tokenizer>& tokenizer)
    : request_(request), number_(number), tokens_(request.prompt) {
    if (!tokenizer) return;
    stream_.emplace(*tokenizer, request.prompt, request.stops);
    known_ = static_cast<std::size_t>(tokenizer->vocabularySize());
}

std::int64_t GrowingText::pick(std::span<const float> logits) const {
    const std::size_t possible = known_ > 0 ? std::min(known_, logits.size()) : logits.size();
    return nextToken(logits.first(possible), {tokens_, request_.prompt.size()}, request_.sampling,
                     number_);
}

Result<TextGrowth> GrowingText::add(std::int64_t token) {
    tokens_.push_back(token);
    ++made_;
    TextGrowth growth;
    const bool isEnd = std::ranges::find(request_.endTokens, token) != request_.endTokens.end();
    if (stream_ && !isEnd) {
        RINGSCOPE_TRY(growth.text, stream_->add(token));
        if (stream_->stopped()) growth.ended = endedByStop;
    }
    if (isEnd) growth.ended = endedByToken;
    if (growth.ended.empty() && made_ == request_.maxTokens) growth.ended = endedByLength;
    ended_ = !growth.ended.empty();
    if (!ended_ || !stream_) return growth;
    RINGSCOPE_TRY(const std::string rest, stream_->finish());
    growth.text += rest;
    if (stream_->stopped()) growth.ended = endedByStop;
    return growth;
}

}  // namespace ringscope
