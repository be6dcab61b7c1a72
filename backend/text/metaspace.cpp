#include "backend/text/metaspace.h"

#include "backend/text/pattern.h"

namespace ringscope {

MetaspaceOptions readMetaspaceOptions(JsonPart& part) {
    MetaspaceOptions options;
    options.replacement = part.text("replacement", "▁");
    if (countCharacters(options.replacement) != 1)
        part.refuse("replacement", "expected one character; got '" + options.replacement + "'");
    const bool oldPrefix = part.flag("add_prefix_space", true);
    const std::size_t missing = oldPrefix ? 0 : 2;
    options.scheme = static_cast<PrependScheme>(
        part.choice("prepend_scheme", {"always", "first", "never"}, missing));
    options.split = part.flag("split", true);
    part.leave("str_rep");  // the replacement once more
    return options;
}

Result<void> MetaspacePreTokenizer::apply(Splits& splits) const {
    const std::string_view before = splits.text.text();
    rewriteWords(splits, [&](TextRange word, TextWriter& out) {
        const bool begins =
            slice(before, word).starts_with(options_.replacement) || before[word.begin] == ' ';
        const bool wanted =
            options_.scheme == PrependScheme::Always ||
            (options_.scheme == PrependScheme::First && splits.beginsText && word.begin == 0);
        if (wanted && !begins) out.put(options_.replacement, {word.begin, word.begin});
        const std::string_view spelled = slice(before, word);
        std::size_t from = word.begin;
        for (std::size_t at = spelled.find(' '); at != std::string_view::npos;
             at = spelled.find(' ', at + 1)) {
            const std::size_t blank = word.begin + at;
            out.keep({from, blank});
            out.put(options_.replacement, {blank, blank + 1});
            from = blank + 1;
        }
        out.keep({from, word.end});
    });
    if (!options_.split) return {};
    const Pattern blank = Pattern::ofText(options_.replacement);
    return cutWords(splits, [&](TextRange word, std::vector<TextRange>& words) -> Result<void> {
        std::vector<TextRange> found;
        RINGSCOPE_CHECK(blank.findAll(slice(splits.text.text(), word), found));
        for (TextRange& match : found) match = {match.begin + word.begin, match.end + word.begin};
        cutAt(found, word, SplitBehaviour::MergedWithNext, false, words);
        return {};
    });
}

}  // namespace ringscope
