// Many texts at once: each joins the batch when there is room for it and leaves it when it ends, at
// any step. A step reads parts of prompts and makes a token of every text whose prompt is read.
//
//     loop.begin({.id = 1, .request = …});
//     while (!loop.idle()) tell(loop.step());
//
// Texts get room in the order in which they came. How a prompt is cut into parts depends on the
// prompt alone. By one thread.
#pragma once

#include "backend/generate/serving.h"
#include "backend/text/tokenizer.h"
#include "kernels/generate/batch_model.h"
#include "kernels/generate/growing_text.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ringscope {

class ServingLoop {
public:
    // The model must outlive the loop. A step reads `promptTokens` tokens of prompts at most, but
    // one part at least.
    ServingLoop(BatchModel& model, std::optional<Tokenizer> tokenizer, std::int64_t promptTokens);

    // Ids must be new. A text that can never have room ends at the next step, with its problem.
    void begin(const ServingBegin& begin);
    // Gives its room back at once. An id that is not there any more is no mistake.
    void leave(std::int64_t id);

    bool idle() const { return waiting_.empty() && running_.empty() && refused_.empty(); }
    ServingStep step();
    ServingStep standing() const;  // what a step would say of texts and room, without one

private:
    struct Text {
        std::int64_t id = 0;
        std::int64_t most = 0;             // tokens it needs room for
        std::vector<std::string> names{};  // of the pages that it begins with; until it has room
        GrowingText text;
        int place = -1;           // in the model
        std::int64_t read = 0;    // tokens the model has
        std::int64_t prompt = 0;  // tokens that are read before the next one is made
    };

    void admit();
    std::vector<BatchModel::Part> nextParts(std::vector<std::size_t>& asked, std::int64_t& read);
    BatchModel::Part nextPart(Text& text) const;
    void grow(const at::Tensor& logits, const std::vector<std::size_t>& asked, ServingStep& step);
    void rereadWhereDue(Text& text) const;

    BatchModel& model_;
    std::optional<Tokenizer> tokenizer_;
    std::int64_t promptTokens_;
    std::deque<Text> waiting_{};
    std::vector<Text> running_{};
    std::vector<ServingGrowth> refused_{};
    std::int64_t found_ = 0;  // tokens of prompts since the last step, that were not to be read
};

}  // namespace ringscope
