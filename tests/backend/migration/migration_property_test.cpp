// What holds for every file: the order of its keys does not matter, and spelling it anew changes
// nothing else.
#include "backend/core/text.h"
#include "backend/migration/modern_spelling.h"
#include "backend/migration/source_tree.h"
#include "tests/backend/migration/migrating.h"

#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

const std::vector<std::string> lines = {"base_model: Qwen/Qwen2.5-0.5B",
                                        "sequence_len: 2048",
                                        "micro_batch_size: 1",
                                        "sequence_parallel_degree: 2",
                                        "ring_attn_func: batch_ring",
                                        "learning_rate: 2e-4",
                                        "val_set_size: 0.1",
                                        "eval_steps: 5",
                                        "optimizer: adamw_torch",
                                        "gradient_checkpointing: true",
                                        "warmup_ratio: 0.1",
                                        "max_steps: 20",
                                        "lr_scheduler: cosine",
                                        "bf16: true",
                                        "wandb_project: x"};

// A part of the lines, shuffled.
rc::Gen<std::vector<std::string>> someLines() {
    return rc::gen::map(
        rc::gen::container<std::vector<int>>(lines.size(), rc::gen::inRange(0, 1000)),
        [](const std::vector<int>& keys) {
            std::vector<std::pair<int, std::string>> order;
            for (std::size_t i = 0; i < lines.size(); ++i)
                if (i < 2 || keys[i] % 4 != 0) order.emplace_back(keys[i], lines[i]);
            std::ranges::stable_sort(order, {}, &std::pair<int, std::string>::first);
            std::vector<std::string> chosen;
            for (const auto& [key, line] : order) chosen.push_back(line);
            return chosen;
        });
}

RC_GTEST_PROP(Migrations, DoNotDependOnTheOrderOfKeys, ()) {
    std::vector<std::string> shuffled = *someLines();
    std::vector<std::string> sorted = shuffled;
    std::ranges::sort(sorted);
    const Migration one = migrated(join(shuffled, "\n"), defaultAnswers);
    const Migration other = migrated(join(sorted, "\n"), defaultAnswers);
    RC_ASSERT(configOf(one) == configOf(other));
    RC_ASSERT(summaryOf(one).carried == summaryOf(other).carried);
}

RC_GTEST_PROP(ModernSpellings, ChangeOldWordsAlone, ()) {
    const std::string end = *rc::gen::element<std::string>("\n", "\r\n");
    const std::string mark = *rc::gen::element<std::string>("", "\xef\xbb\xbf");
    MigrationInput input = inputOf(mark + join(*someLines(), end + "# note\t\xc3\xa9" + end) + end);
    const ModernFile modern = modernised(input, 3).value();
    std::string expected = input.source.text;
    const std::string old = "sequence_parallel_degree";
    if (const std::size_t at = expected.find(old); at != std::string::npos)
        expected.replace(at, old.size(), "context_parallel_size");
    RC_ASSERT(modern.text == expected);
    input.source.text = modern.text;
    RC_ASSERT(modernised(input, 3)->text == modern.text);
}

}  // namespace
}  // namespace ringscope
