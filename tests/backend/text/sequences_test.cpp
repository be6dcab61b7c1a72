#include "backend/text/sequences.h"

#include "backend/text/document_order.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Documents whose tokens are all of one byte, the document's own: "aaa", "bb", …
class Documents {
public:
    explicit Documents(const std::vector<int>& sizes, bool answers = false) {
        std::ofstream out(folder_.path() / "all.jsonl");
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const std::string text(static_cast<std::size_t>(sizes[i]), static_cast<char>('A' + i));
            if (answers)
                out << R"({"prompt": ")" << text.substr(1) << R"(", "completion": ")" << text[0]
                    << "\"}\n";
            else
                out << R"({"text": ")" << text << "\"}\n";
        }
        config.data.source = (folder_.path() / "all.jsonl").string();
        config.train.seqLen = 8;
    }
    Sequences sequences() const {
        return Sequences::make(TokenText::open(config).value(), config).value();
    }

    RunConfig config;

private:
    test::TemporaryFolder folder_;
};

std::string shown(const TokenSequence& row) { return {row.inputs.begin(), row.inputs.end()}; }
std::string labels(const TokenSequence& row) {
    std::string text;
    for (const std::int64_t label : row.labels)
        text += label == ignoredLabel ? '.' : static_cast<char>(label);
    return text;
}

// Inputs of all rows of a step, in the order of the batches' numbers.
std::vector<std::string> stepOf(const RunConfig& config, const Sequences& sequences,
                                std::int64_t step) {
    std::vector<std::string> rows;
    for (std::int64_t number = 0; number < config.train.gradAccum * config.parallel.dp; ++number)
        for (std::int64_t row = 0; row < config.train.batch; ++row)
            rows.push_back(shown(sequences.at(step, number, row)) + " " +
                           labels(sequences.at(step, number, row)));
    return rows;
}

TEST(Sequences, OfAStepAreTheSameHoweverRanksSplitIt) {
    for (const TrainTask task : {TrainTask::Lm, TrainTask::Sft}) {
        for (const DataOrder order :
             {DataOrder::Samples, DataOrder::Shuffled, DataOrder::Sequential}) {
            if (task == TrainTask::Sft && order == DataOrder::Samples) continue;
            Documents data({5, 3, 9, 2, 7, 4, 1, 6}, task == TrainTask::Sft);
            data.config.train.task = task;
            data.config.data.order = order;
            std::set<std::vector<std::vector<std::string>>> runs;
            for (const std::int64_t sp : {1, 2, 4}) {
                for (const std::int64_t dp : {1, 2, 4}) {
                    data.config.parallel.sp = sp;
                    data.config.parallel.dp = dp;
                    data.config.train.gradAccum = 4 / dp;
                    std::vector<std::vector<std::string>> steps;
                    for (std::int64_t step = 0; step < 6; ++step)
                        steps.push_back(stepOf(data.config, data.sequences(), step));
                    runs.insert(steps);
                }
            }
            EXPECT_EQ(runs.size(), 1U) << nameOf(task) << " " << nameOf(order);
        }
    }
}

TEST(Sequences, GoThroughEveryDocumentOnceAnEpochInAnotherOrder) {
    Documents data({5, 3, 9, 2, 7, 4, 1, 6, 3});  // 40 tokens: 5 sequences of 8
    data.config.train.gradAccum = 5;
    const Sequences sequences = data.sequences();
    std::set<std::string> orders;
    for (std::int64_t epoch = 0; epoch < 6; ++epoch) {
        std::string all;
        for (std::int64_t number = 0; number < 5; ++number)
            all += shown(sequences.at(epoch, number, 0));
        orders.insert(all);
        std::ranges::sort(all);
        EXPECT_EQ(all, "AAAAABBBCCCCCCCCCDDEEEEEEEFFFFGHHHHHHIII") << epoch;
    }
    EXPECT_GE(orders.size(), 5U);
    data.config.train.seed = 1;
    EXPECT_NE(shown(data.sequences().at(0, 0, 0)) + shown(data.sequences().at(0, 1, 0)),
              orders.begin()->substr(0, 16));
}

TEST(Sequences, CutDocumentsWhereTheyComeOneAfterAnother) {
    Documents data({5, 3, 9, 2});
    data.config.data.order = DataOrder::Sequential;
    Sequences sequences = data.sequences();
    EXPECT_EQ(shown(sequences.at(0, 0, 0)), "AAAAABBB");
    EXPECT_EQ(labels(sequences.at(0, 0, 0)), "AAAABBBC");
    EXPECT_THAT(sequences.at(0, 0, 0).documents, ElementsAre());
    EXPECT_EQ(shown(sequences.at(2, 0, 0)), "CDDAAAAA");  // into the next epoch

    data.config.data.packing = true;
    sequences = data.sequences();
    EXPECT_EQ(labels(sequences.at(0, 0, 0)), "AAAA.BB.");
    EXPECT_THAT(sequences.at(0, 0, 0).documents, ElementsAre(0, 5, 8));
    EXPECT_THAT(sequences.at(2, 0, 0).documents, ElementsAre(0, 1, 3, 8));
}

TEST(Sequences, PackWholeDocumentsOfAnswersByFirstFit) {
    Documents data({5, 4, 3, 4, 9}, true);
    data.config.train.task = TrainTask::Sft;
    data.config.data.order = DataOrder::Sequential;
    const Sequences sequences = data.sequences();
    EXPECT_EQ(shown(sequences.at(0, 0, 0)), "AAAAACCC");
    EXPECT_EQ(labels(sequences.at(0, 0, 0)), "...A..C.");
    EXPECT_THAT(sequences.at(0, 0, 0).documents, ElementsAre(0, 5, 8));
    EXPECT_EQ(shown(sequences.at(1, 0, 0)), "BBBBDDDD");
    EXPECT_EQ(shown(sequences.at(2, 0, 0)), "EEEEEEEE");  // its end does not fit
    EXPECT_EQ(labels(sequences.at(2, 0, 0)), ".......E");
    EXPECT_EQ(shown(sequences.at(3, 0, 0)), "AAAAACCC");
    EXPECT_THAT(sequences.sentences(),
                ::testing::Contains(HasSubstr("1 of 5 documents are longer than train.seq_len")));
}

TEST(Sequences, FillWhatNoDocumentFillsWithADocumentOfItsOwn) {
    Documents data({5, 4}, true);
    data.config.train.task = TrainTask::Sft;
    data.config.data.order = DataOrder::Sequential;
    const TokenSequence row = data.sequences().at(0, 0, 0);
    EXPECT_EQ(row.padding, 3);
    EXPECT_THAT(row.documents, ElementsAre(0, 5, 8));
    EXPECT_EQ(labels(row), "...A....");
    EXPECT_EQ(row.inputs.size(), 8U);
}

TEST(Sequences, NeverHoldATokenThatIsKeptForValidation) {
    Documents data({5, 3, 9, 2, 7, 4, 1, 6});
    data.config.data.validation = 0.3;
    const Sequences sequences = data.sequences();
    ASSERT_EQ(sequences.keptOut().size(), 2U);
    EXPECT_EQ(sequences.trainedTokens() + sequences.validationTokens(), 37);
    std::set<char> seen;
    for (std::int64_t step = 0; step < 40; ++step)
        for (const char c : shown(sequences.at(step, 0, 0))) seen.insert(c);
    EXPECT_EQ(seen.size(), 6U);
    for (const std::int64_t document : sequences.keptOut())
        EXPECT_FALSE(seen.contains(static_cast<char>('A' + document)));
    EXPECT_THAT(sequences.sentences(), ::testing::Contains(HasSubstr("2 of 8 documents")));
    data.config.train.seed = 7;
    EXPECT_EQ(data.sequences().keptOut(), sequences.keptOut());
}

TEST(Sequences, KeepTheEndOfASampledTextForValidation) {
    Documents data({5, 5});
    data.config.data.order = DataOrder::Samples;
    data.config.data.validation = 0.5;
    const Sequences sequences = data.sequences();
    for (std::int64_t step = 0; step < 20; ++step)
        EXPECT_EQ(shown(sequences.at(step, 0, 0)) + labels(sequences.at(step, 0, 0)),
                  "AAAAAAAAAAAAAAAA");
    EXPECT_THAT(sequences.sentences(), ::testing::Contains(HasSubstr("the end of the text")));
}

// Inputs and labels of every sequence that validates.
std::vector<std::string> validationOf(const Sequences& sequences) {
    std::vector<std::string> rows;
    for (std::int64_t n = 0; n < sequences.validationSequences(); ++n)
        rows.push_back(shown(sequences.validationAt(n)) + " " + labels(sequences.validationAt(n)));
    return rows;
}

TEST(Validation, GoesOnceThroughTheEndOfASampledText) {
    Documents data({10, 11});
    data.config.data.order = DataOrder::Samples;
    data.config.data.validation = 0.58;  // one A, all Bs
    EXPECT_THAT(validationOf(data.sequences()),
                ElementsAre("ABBBBBBB BBBBBBBB", "BBBBAAAA BBB....."));
    data.config.data.packing = true;
    EXPECT_THAT(validationOf(data.sequences()),
                ElementsAre("ABBBBBBB .BBBBBBB", "BBBBAAAA BBB....."));
    EXPECT_THAT(data.sequences().validationAt(0).documents, ElementsAre(0, 1, 8));
}

TEST(Validation, GoesOnceThroughTheDocumentsThatAreKeptOut) {
    Documents data({5, 3, 9, 2, 7, 4, 1, 6});
    data.config.data.validation = 0.3;
    const Sequences sequences = data.sequences();
    std::string all;
    for (const std::int64_t document : sequences.keptOut())
        all += std::string(static_cast<std::size_t>(sequences.text().document(document).size()),
                           static_cast<char>('A' + document));
    std::string inputs;
    std::string targets;
    for (std::int64_t n = 0; n < sequences.validationSequences(); ++n) {
        inputs += shown(sequences.validationAt(n));
        targets += labels(sequences.validationAt(n));
    }
    EXPECT_EQ(inputs.substr(0, all.size()), all);
    EXPECT_EQ(targets.substr(0, all.size() - 1), all.substr(1));
    EXPECT_EQ(targets.find_first_not_of('.', all.size() - 1), std::string::npos);
    for (const std::uint64_t seed : {1, 2}) {
        data.config.train.seed = static_cast<std::int64_t>(seed);
        data.config.parallel.dp = 2;
        EXPECT_EQ(validationOf(data.sequences()), validationOf(sequences)) << "the same each time";
    }
}

TEST(Validation, OfAnswersPacksWholeDocuments) {
    Documents data({5, 3, 9, 2, 7, 4, 1, 6}, true);
    data.config.train.task = TrainTask::Sft;
    data.config.data.validation = 0.3;
    const Sequences sequences = data.sequences();
    ASSERT_GE(sequences.validationSequences(), 1);
    std::string all;
    for (const std::string& row : validationOf(sequences)) all += row;
    EXPECT_THAT(all, HasSubstr(".")) << "a prompt is no label";
    for (const std::int64_t document : sequences.keptOut())
        EXPECT_NE(all.find(static_cast<char>('A' + document)), std::string::npos);
}

TEST(Validation, HasNoMoreBatchesThanThereAreTokensFor) {
    Documents data({10, 11});
    data.config.data.order = DataOrder::Samples;
    data.config.data.validation = 0.58;
    data.config.train.batch = 3;
    EXPECT_EQ(validationBatches(data.sequences(), data.config.train), 1);
    const SequenceBatch rows = validationRows(data.sequences(), data.config.train, 0);
    ASSERT_EQ(rows.rows.size(), 3U);
    EXPECT_EQ(labels(rows.rows[2]), "........") << "there is no third sequence";
    data.config.train.batch = 1;
    EXPECT_EQ(validationBatches(data.sequences(), data.config.train), 2);
    data.config.train.validateBatches = 1;
    EXPECT_EQ(validationBatches(data.sequences(), data.config.train), 1);
    data.config.data.validation = 0;
    EXPECT_EQ(validationBatches(data.sequences(), data.config.train), 0);
}

TEST(Epochs, EndWithTheStepInWhichTheDataWasSeen) {
    Documents data({5, 3, 9, 2, 7, 4, 1, 6});  // 37 tokens, of 8 a step
    EXPECT_EQ(data.sequences().stepsOfEpochs(1, 100), 5);
    EXPECT_EQ(data.sequences().stepsOfEpochs(2, 100), 10);
    EXPECT_EQ(data.sequences().stepsOfEpochs(3, 100), 14);
    EXPECT_EQ(data.sequences().stepsOfEpochs(3, 7), 7) << "train.steps end before";
    data.config.train.batch = 2;
    data.config.parallel.dp = 2;
    EXPECT_EQ(data.sequences().stepsOfEpochs(3, 100), 4);
}

TEST(Epochs, OfAnswersCountWhatWasPacked) {
    Documents data({6, 6, 6}, true);
    data.config.train.task = TrainTask::Sft;
    EXPECT_EQ(data.sequences().stepsOfEpochs(1, 100), 3);
    EXPECT_EQ(data.sequences().stepsOfEpochs(4, 100), 12);
    data.config.train.gradAccum = 2;
    EXPECT_EQ(data.sequences().stepsOfEpochs(1, 100), 2);
    EXPECT_EQ(data.sequences().stepsOfEpochs(1'000'000, 100), 100);
}

TEST(Sequences, NeedSomethingToTrainOn) {
    Documents data({5});
    data.config.data.validation = 0.1;
    const Result<Sequences> sequences =
        Sequences::make(TokenText::open(data.config).value(), data.config);
    ASSERT_FALSE(sequences.ok());
    EXPECT_THAT(sequences.error().message,
                HasSubstr("data.validation 0.1 leaves none of 1 document to train on"));
}

RC_GTEST_PROP(FirstFit, PutsEachDocumentOnceIntoTheFirstSequenceWithRoom, ()) {
    const std::int64_t room = *rc::gen::inRange<std::int64_t>(1, 40);
    const auto sizes =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 50));
    const auto packed = firstFit(sizes, room);
    std::vector<std::vector<std::int64_t>> plain;
    std::vector<std::int64_t> free;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const std::int64_t size = std::min(sizes[i], room);
        const auto fits =
            std::ranges::find_if(free, [&](std::int64_t left) { return left >= size; });
        const auto at = static_cast<std::size_t>(fits - free.begin());
        if (fits == free.end()) {
            free.push_back(room);
            plain.emplace_back();
        }
        free[at] -= size;
        plain[at].push_back(static_cast<std::int64_t>(i));
    }
    RC_ASSERT(packed == plain);
}

TEST(ShuffledDocuments, AreInEveryOrderAsOften) {
    std::map<std::vector<std::int64_t>, int> orders;
    for (std::int64_t epoch = 0; epoch < 6000; ++epoch)
        ++orders[shuffledDocuments({0, 1, 2}, 3, epoch)];
    ASSERT_EQ(orders.size(), 6U);
    for (const auto& [order, times] : orders) EXPECT_NEAR(times, 1000, 150);
}

}  // namespace
}  // namespace ringscope
