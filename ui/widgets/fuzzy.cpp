#include "ui/widgets/fuzzy.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace ringscope::ui {
namespace {

constexpr int ofAWord = 8;   // a letter that begins one
constexpr int together = 5;  // a letter right behind the one before
constexpr int anywhere = 1;  // any other
constexpr int nothing = std::numeric_limits<int>::min() / 2;

bool beginsWord(const QString& text, qsizetype at) {
    return at == 0 || (text[at].isLetterOrNumber() && !text[at - 1].isLetterOrNumber());
}

}  // namespace

// best[j] is the best score of the letters so far with the last of them at text[j].
std::optional<int> fuzzyScore(const QString& wanted, const QString& text) {
    const QString letters = wanted.simplified().remove(QLatin1Char(' ')).toLower();
    const QString words = text.toLower();
    if (letters.isEmpty()) return 0;
    std::vector<int> best(static_cast<std::size_t>(words.size()), nothing);
    for (qsizetype i = 0; i < letters.size(); ++i) {
        std::vector<int> next(best.size(), nothing);
        int before = i == 0 ? 0 : nothing;  // the best of the letters before, anywhere on the left
        for (qsizetype j = 0; j < words.size(); ++j) {
            const auto at = static_cast<std::size_t>(j);
            const int adjacent = i > 0 && j > 0 ? best[at - 1] + together : nothing;
            const int apart = before + (beginsWord(words, j) ? ofAWord : anywhere);
            if (words[j] == letters[i]) next[at] = std::max(adjacent, apart);
            if (i > 0) before = std::max(before, best[at]);
        }
        best = std::move(next);
    }
    const int most = best.empty() ? nothing : *std::ranges::max_element(best);
    if (most < 0) return std::nullopt;
    return most * 100 - static_cast<int>(std::min<qsizetype>(words.size(), 99));
}

}  // namespace ringscope::ui
