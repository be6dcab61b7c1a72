// Finds words by some of their letters, in order: "gtr" finds "Go to Traces".
#pragma once

#include <QString>
#include <optional>

namespace ringscope::ui {

// How well `wanted` fits `text`, in any case of letters: nothing where a letter is missing, else
// the higher the better. Letters at the beginning of words count most, then those that stand
// together; among equals the shorter text wins. An empty `wanted` fits everything alike.
std::optional<int> fuzzyScore(const QString& wanted, const QString& text);

}  // namespace ringscope::ui
