// The oracle: tiny models of every family, as transformers writes them.
#include "backend/core/files.h"
#include "backend/model/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ringscope {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> fixtureNames() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(RINGSCOPE_FIXTURES))
        if (entry.is_directory()) names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

class FamilyFixture : public ::testing::TestWithParam<std::string> {
protected:
    static fs::path folder() { return fs::path(RINGSCOPE_FIXTURES) / GetParam(); }
};

// What one tensor's rows are made of: how often each is covered.
std::map<std::string, std::vector<int>> coverage(const WeightPlaces& places) {
    std::map<std::string, std::vector<int>> covered;
    for (const auto& pieces : places.pieces)
        for (const WeightPiece& piece : pieces) {
            const std::vector<std::int64_t>& shape = places.tensors.at(piece.tensor);
            auto& rows = covered[piece.tensor];
            const std::int64_t ofMatrix = piece.transposed ? shape.back() : shape[0];
            rows.resize(static_cast<std::size_t>(piece.matrices * ofMatrix));
            for (std::int64_t row = 0; row < piece.rows; ++row)
                ++rows.at(static_cast<std::size_t>(piece.matrix * ofMatrix + piece.tensorFirstRow +
                                                   row * piece.apart));
        }
    return covered;
}

TEST_P(FamilyFixture, IsUnderstoodWithEveryTensor) {
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const Result<std::vector<LayerKind>> kinds =
        layerKinds(checkpoint->description().model, checkpoint->description().attention);
    EXPECT_TRUE(kinds.ok());
    EXPECT_EQ(checkpoint->places().tensors.size() + checkpoint->ignoredTensors().size(),
              checkpoint->files().tensors().size());
}

TEST_P(FamilyFixture, HasEachRowOfEachTensorInOneParameter) {
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const auto covered = coverage(checkpoint->places());
    EXPECT_EQ(covered.size(), checkpoint->places().tensors.size());
    for (const auto& [tensor, rows] : covered)
        for (std::size_t row = 0; row < rows.size(); ++row)
            EXPECT_EQ(rows[row], 1) << tensor << " row " << row;
}

TEST_P(FamilyFixture, HasPiecesThatFillEachParameterInOrder) {
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const WeightPlaces& places = checkpoint->places();
    for (std::size_t i = 0; i < places.parameters.size(); ++i) {
        const ParameterSpec& spec = places.parameters[i];
        const std::int64_t columns = spec.shape.size() > 1 ? spec.shape.back() : 1;
        std::int64_t expected = 0;
        for (const WeightPiece& piece : places.pieces[i]) {
            EXPECT_EQ(piece.firstRow, expected) << spec.name;
            expected += piece.rows;
            EXPECT_TRUE(checkpoint->tensor(piece.tensor).ok());
        }
        EXPECT_EQ(expected * columns, spec.elements()) << spec.name;
    }
}

// The tensors whose gradients transformers has are those that parameters are made of.
TEST_P(FamilyFixture, NamesTheGradientsThatTransformersHas) {
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const Result<MappedFile> file = MappedFile::open(folder() / "expected.safetensors");
    ASSERT_TRUE(file.ok());
    const Result<TensorTable> table = readTensorTable(file->bytes());
    ASSERT_TRUE(table.ok()) << table.error().message;
    constexpr std::string_view before = "gradient.";
    std::set<std::string> gradients;
    for (const TensorEntry& tensor : table->tensors)
        if (tensor.name.starts_with(before)) gradients.insert(tensor.name.substr(before.size()));
    std::set<std::string> trained;
    for (const auto& [name, shape] : checkpoint->places().tensors)
        if (!name.ends_with("e_score_correction_bias")) trained.insert(name);
    EXPECT_EQ(gradients, trained);
}

INSTANTIATE_TEST_SUITE_P(All, FamilyFixture, ::testing::ValuesIn(fixtureNames()),
                         [](const auto& tested) {
                             std::string name = tested.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

// transformers 4 and the hub spell the same configuration otherwise.
TEST(FamilyFixtures, AreReadAlikeInTheOlderSpelling) {
    int olderOnes = 0;
    for (const std::string& name : fixtureNames()) {
        const fs::path folder = fs::path(RINGSCOPE_FIXTURES) / name;
        const Result<std::string> text = readFile(folder / "config.old.json");
        if (!text.ok()) continue;
        const Result<ModelReading> older = readModelConfig(*text, name);
        ASSERT_TRUE(older.ok()) << older.error().message;
        EXPECT_EQ(older->description, readModelFile(folder)->description) << name;
        ++olderOnes;
    }
    EXPECT_GE(olderOnes, 11);
}

TEST(FamilyTable, HasAFixtureOfEachRow) {
    std::set<std::string_view> tested;
    for (const std::string& name : fixtureNames()) {
        const Result<ModelReading> reading = readModelFile(fs::path(RINGSCOPE_FIXTURES) / name);
        ASSERT_TRUE(reading.ok()) << reading.error().message;
        tested.insert(reading->family->type);
    }
    for (const Family& family : familyTable()) EXPECT_TRUE(tested.contains(family.type));
}

}  // namespace
}  // namespace ringscope
