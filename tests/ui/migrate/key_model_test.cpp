#include "ui/migrate/key_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

namespace ringscope::ui {
namespace {

constexpr auto Fatal = QAbstractItemModelTester::FailureReportingMode::Fatal;

KeyVerdict keyOf(const std::string& path, int line, Verdict verdict) {
    return {.file = "/old/base.yaml",
            .path = path,
            .line = line,
            .column = 1,
            .old = "4",
            .newPath = "parallel.sp",
            .newValue = "4",
            .verdict = verdict,
            .reason = "a reason"};
}

class Keys : public testing::Test {
protected:
    Keys() {
        KeyVerdict companion = keyOf("zero_optimization.stage", 3, Verdict::Dropped);
        companion.file = "/old/deepspeed/zero3.json";
        model.setKeys({keyOf("kept", 1, Verdict::Kept), keyOf("danger", 2, Verdict::Dangerous),
                       companion, keyOf("packing", 0, Verdict::NeedsDecision)},
                      "/old/base.yaml");
    }
    static std::string at(const QAbstractItemModel& rows, int row, int column) {
        return rows.index(row, column).data().toString().toStdString();
    }

    KeyModel model;
};

TEST_F(Keys, NameTheFileOnlyWhereItIsNotTheOneThatWasOpened) {
    EXPECT_EQ(at(model, 0, KeyModel::Key), "kept");
    EXPECT_EQ(at(model, 2, KeyModel::Key), "zero3.json: zero_optimization.stage");
    EXPECT_EQ(model.place(model.key(0)), QStringLiteral("base.yaml:1:1"));
    EXPECT_EQ(model.place(model.key(2)), QStringLiteral("zero3.json:3:1"));
}

TEST_F(Keys, SayThatAKeyIsNotInTheFile) {
    EXPECT_EQ(at(model, 3, KeyModel::Line), "–");
    EXPECT_EQ(model.place(model.key(3)), QStringLiteral("not in base.yaml"));
}

TEST_F(Keys, CountEachVerdict) {
    EXPECT_EQ(model.count(Verdict::Kept, {}), 1);
    EXPECT_EQ(model.count(Verdict::Unknown, {}), 0);
}

TEST_F(Keys, AreSortedByHowMuchTheyNeedALook) {
    const QAbstractItemModelTester tester(&model, Fatal);
    KeyFilter sorted(model);
    std::vector<std::string> order;
    for (int row = 0; row < sorted.rowCount(); ++row)
        order.push_back(at(sorted, row, KeyModel::VerdictColumn));
    EXPECT_EQ(order, (std::vector<std::string>{"needs decision", "dangerous", "dropped", "kept"}));
}

TEST_F(Keys, AreThoseOfTheChosenVerdictsAndAllWhereNoneIsChosen) {
    KeyFilter chosen(model);
    const QAbstractItemModelTester tester(&chosen, Fatal);
    chosen.setVerdicts({Verdict::Kept, Verdict::Dropped});
    EXPECT_EQ(chosen.rowCount(), 2);
    chosen.setVerdicts({Verdict::Unknown});
    EXPECT_EQ(chosen.rowCount(), 0);
    chosen.setVerdicts({});
    EXPECT_EQ(chosen.rowCount(), 4);
}

TEST_F(Keys, AreNoneOfAnEmptyFile) {
    model.setKeys({}, "empty.yaml");
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_FALSE(model.data(model.index(0, 0), Qt::DisplayRole).isValid());
}

TEST(Verdicts, AllHaveALookOfTheirOwnAndAPlaceInTheOrder) {
    EXPECT_EQ(verdictsByUrgency().size(), allVerdicts().size());
    std::set<QString> words;
    for (const Verdict verdict : allVerdicts()) {
        const VerdictLook look = verdictLook(verdict);
        EXPECT_FALSE(look.meaning.isEmpty());
        words.insert(look.word);
    }
    EXPECT_EQ(words.size(), allVerdicts().size());
}

}  // namespace
}  // namespace ringscope::ui
