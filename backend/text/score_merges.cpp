#include "backend/text/score_merges.h"

#include "backend/text/utf8.h"

#include <cstdint>
#include <queue>

namespace ringscope {
namespace {

constexpr std::int64_t nobody = -1;

// A stretch of the text that is one so far; empty where it became part of another.
struct Symbol {
    std::int64_t before = nobody;
    std::int64_t next = nobody;
    std::string_view piece{};
    std::size_t begin = 0;
    bool frozen = false;
};

struct ScoredPair {
    std::int64_t left = 0;
    std::int64_t right = 0;
    float score = 0;
    std::size_t bytes = 0;

    bool operator<(const ScoredPair& other) const {  // what comes later
        return score < other.score || (score == other.score && left > other.left);
    }
};

}  // namespace

class ScoreQueue {
public:
    ScoreQueue(const ScoreMerges& merges, std::string_view text) : merges_(merges), text_(text) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t kept = merges.kept_.longestPrefix(text.substr(at)).first;
            const std::size_t bytes = kept > 0 ? kept : characterAt(text, at).bytes;
            const auto index = static_cast<std::int64_t>(symbols_.size());
            const bool last = at + bytes >= text.size();
            symbols_.push_back({.before = index - 1,
                                .next = last ? nobody : index + 1,
                                .piece = text.substr(at, bytes),
                                .begin = at,
                                .frozen = kept > 0});
            at += bytes;
        }
        for (std::int64_t i = 0; i + 1 < static_cast<std::int64_t>(symbols_.size()); ++i)
            offer(i, i + 1);
    }

    std::vector<UnigramStretch> run() {
        while (!waiting_.empty()) {
            const ScoredPair top = waiting_.top();
            waiting_.pop();
            const Symbol& left = at(top.left);
            const Symbol& right = at(top.right);
            if (left.piece.empty() || right.piece.empty() ||
                left.piece.size() + right.piece.size() != top.bytes)
                continue;
            merge(top);
        }
        std::vector<UnigramStretch> stretches;
        for (std::int64_t i = symbols_.empty() ? nobody : 0; i != nobody; i = at(i).next)
            addParts(at(i).begin, at(i).piece, stretches);
        return stretches;
    }

private:
    Symbol& at(std::int64_t index) { return symbols_[static_cast<std::size_t>(index)]; }

    std::string_view both(std::int64_t left, std::int64_t right) {
        return text_.substr(at(left).begin, at(left).piece.size() + at(right).piece.size());
    }

    void offer(std::int64_t left, std::int64_t right) {
        if (left == nobody || right == nobody || at(left).frozen || at(right).frozen) return;
        const std::string_view piece = both(left, right);
        const SentencePiece* found = merges_.find(piece);
        if (found == nullptr) return;
        waiting_.push({left, right, found->score, piece.size()});
        if (found->type == SentencePieceType::Unused)
            parts_[piece] = {at(left).piece, at(right).piece};
    }

    void merge(const ScoredPair& pair) {
        Symbol& left = at(pair.left);
        Symbol& right = at(pair.right);
        left.piece = both(pair.left, pair.right);
        left.next = right.next;
        if (right.next != nobody) at(right.next).before = pair.left;
        right.piece = {};
        offer(left.before, pair.left);
        offer(pair.left, left.next);
    }

    // An unused piece is given back as the two it was made from.
    void addParts(std::size_t begin, std::string_view piece,
                  std::vector<UnigramStretch>& stretches) const {
        std::vector<std::pair<std::size_t, std::string_view>> open = {{begin, piece}};
        while (!open.empty()) {
            const auto [from, text] = open.back();
            open.pop_back();
            const SentencePiece* found = merges_.find(text);
            const auto parts = parts_.find(text);
            if (found != nullptr && found->type == SentencePieceType::Unused &&
                parts != parts_.end()) {
                open.emplace_back(from + parts->second.first.size(), parts->second.second);
                open.emplace_back(from, parts->second.first);
                continue;
            }
            stretches.push_back({from, from + text.size(), merges_.idOf(text)});
        }
    }

    const ScoreMerges& merges_;
    std::string_view text_;
    std::vector<Symbol> symbols_{};
    std::priority_queue<ScoredPair> waiting_{};
    std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> parts_{};
};

ScoreMerges::ScoreMerges(const SentenceModel& model, const PieceTrie& kept)
    : model_(model), kept_(kept) {
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const SentencePieceType type = model.pieces[id].type;
        if (type == SentencePieceType::Normal || type == SentencePieceType::UserDefined ||
            type == SentencePieceType::Unused)
            ids_.emplace(model.pieces[id].piece, static_cast<TokenId>(id));
    }
}

const SentencePiece* ScoreMerges::find(std::string_view piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() ? nullptr : &model_.pieces[static_cast<std::size_t>(found->second)];
}

TokenId ScoreMerges::idOf(std::string_view piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() ? static_cast<TokenId>(model_.unknown) : found->second;
}

std::vector<UnigramStretch> ScoreMerges::stretches(std::string_view text) const {
    return ScoreQueue(*this, text).run();
}

}  // namespace ringscope
