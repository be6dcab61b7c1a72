#include "backend/config/parallel_fields.h"

#include "backend/config/mode_names.h"
#include "backend/config/value_kind.h"

#include <string>

namespace ringscope {
namespace {

std::vector<std::string> modeWords() {
    std::vector<std::string> words(modeChoices.begin(), modeChoices.end());
    words.emplace_back(modenames::automatic);
    return words;
}

}  // namespace

std::vector<Field> parallelFields() {
    constexpr auto in = &RunConfig::parallel;
    using P = ParallelConfig;
    return {
        fieldOf({"parallel.mode", "",
                 "how the sequence is split over ranks; auto: of the modes that share work evenly, "
                 "the one that sends the fewest bytes"},
                oneOfWords(modeWords()), in, &P::mode),
        fieldOf({"parallel.sp", "ranks", "ranks that share one sequence"}, integer(1, 1024), in,
                &P::sp),
        fieldOf({"parallel.dp", "groups",
                 "groups of parallel.sp ranks that follow each other, each with its own sequences"},
                integer(1, 1024), in, &P::dp),
        fieldOf({"parallel.ep", "ranks",
                 "neighbouring ranks that share the experts of a layer; 1: each rank holds all"},
                integer(1, 1024), in, &P::ep),
        fieldOf({"parallel.ulysses", "ranks",
                 "in usp, ranks of a group that split heads; null: as many as leave a ring"},
                integer(1, 1024), in, &P::ulysses),
        fieldOf({"parallel.ulysses_order", "",
                 "in usp, inner: neighbouring ranks split heads; outer: they form a ring"},
                oneOf<UlyssesOrder>(), in, &P::ulyssesOrder),
        fieldOf({"parallel.inner_ring", "ranks",
                 "in double-ring, ranks of an inner ring, on one host; null: half of the ranks or "
                 "fewer"},
                integer(1, 1024), in, &P::innerRing),
        fieldOf({"parallel.layout", "",
                 "which tokens a rank holds: contiguous or zigzag for modes that gather keys; "
                 "documents, head and tail of each packed one, also for rings; auto: the mode's"},
                oneOf<ShardChoice>(), in, &P::layout),
        fieldOf({"parallel.token_order", "",
                 "hilbert: tokens are shared out along a Hilbert curve over an image, so that a "
                 "rank holds a patch; masks and positions stay those of the sequence"},
                oneOf<TokenOrder>(), in, &P::tokenOrder),
        fieldOf({"parallel.image", "",
                 "with token_order hilbert, rows and columns that a sequence is, row by row; []: "
                 "as square as can be, the curve leaves out what is behind the last token"},
                integerSeries(1, 67'108'864), in, &P::image),
        fieldOf({"parallel.mla_keys", "",
                 "with model.attention mla, keys and values travel as their latent, or expanded to "
                 "heads; auto: whichever is fewer bytes, latents where the mode can"},
                oneOf<MlaKeys>(), in, &P::mlaKeys),
        fieldOf({"parallel.comm_buffer_limit", "bytes",
                 "most memory for the buffers of messages on a rank"},
                size({1}, {1LL << 50}), in, &P::commBufferLimit),
    };
}

}  // namespace ringscope
