#include "backend/model/tensor_folder.h"

#include "tests/backend/model/made_tensors.h"
#include "tests/support/program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ringscope {
namespace {
namespace fs = std::filesystem;
using test::writeFile;
using test::zeroTensor;

class TensorFolders : public ::testing::Test {
protected:
    fs::path path(std::string_view name = "") const { return folder_.path() / name; }
    void shard(const std::string& name, const std::vector<std::string>& tensors) const {
        std::vector<OutgoingTensor> outgoing;
        for (const std::string& tensor : tensors)
            outgoing.push_back(zeroTensor(tensor, TensorType::F32, {2}));
        ASSERT_TRUE(writeTensorFile(path(name), outgoing, {}).ok());
    }
    void index(std::string_view map) const {
        writeFile(path(tensorIndexName),
                  fmt::format(R"({{"metadata":{{"total_size":8}},"weight_map":{{{}}}}})", map));
    }
    std::string problem() const {
        const Result<TensorFolder> opened = TensorFolder::open(path());
        std::string message = opened.ok() ? "" : opened.error().message;
        const std::string place = path().string();  // ends with a slash
        for (std::size_t at = message.find(place); at != message.npos; at = message.find(place))
            message.replace(at, place.size(), "");
        return message;
    }

private:
    test::TemporaryFolder folder_;
};

TEST_F(TensorFolders, ReadOneFile) {
    shard("model.safetensors", {"b", "a"});
    const TensorFolder opened = TensorFolder::open(path()).value();
    ASSERT_EQ(opened.tensors().size(), 2U);
    EXPECT_EQ(opened.tensors()[0].name, "a");
    EXPECT_EQ(opened.find("b")->bytes.size(), 8U);
    EXPECT_EQ(opened.find("c"), nullptr);
    EXPECT_EQ(opened.fileBytes() - opened.headerBytes(), 16U);
}

TEST_F(TensorFolders, ReadShards) {
    shard("model-1.safetensors", {"a"});
    shard("model-2.safetensors", {"b", "c"});
    index(R"("a":"model-1.safetensors","c":"model-2.safetensors","b":"model-2.safetensors")");
    const TensorFolder opened = TensorFolder::open(path()).value();
    ASSERT_EQ(opened.tensors().size(), 3U);
    EXPECT_EQ(opened.find("c")->file->filename(), "model-2.safetensors");
}

TEST_F(TensorFolders, SayWhatIsMissing) {
    EXPECT_EQ(problem(),
              "'' holds neither model.safetensors nor model.safetensors.index.json; name the "
              "folder of a model");
    writeFile(path("pytorch_model.bin"), "x");
    EXPECT_EQ(problem(),
              "'' holds neither model.safetensors nor model.safetensors.index.json; "
              "pytorch_model.bin is a pickle, which is not read: save the model again as "
              "safetensors");
    index(R"("a":"model-1.safetensors")");
    EXPECT_EQ(problem(),
              "'model.safetensors.index.json' names 'model-1.safetensors' for tensor "
              "'a', and there is no such file; copy the missing shard into the folder");
}

TEST_F(TensorFolders, SayWhereIndexAndShardsDiffer) {
    shard("one.safetensors", {"a"});
    shard("two.safetensors", {"b"});
    index(R"("a":"two.safetensors","b":"two.safetensors")");
    EXPECT_EQ(problem(),
              "'model.safetensors.index.json': tensor 'a' is said to be in "
              "'two.safetensors' and is in no shard; copy the shards again");
    index(R"("a":"two.safetensors","b":"one.safetensors")");
    EXPECT_EQ(problem(),
              "'model.safetensors.index.json': tensor 'a' is said to be in 'two.safetensors' and "
              "is in 'one.safetensors'; index and shards are of different models");
    shard("two.safetensors", {"b", "c"});
    index(R"("a":"one.safetensors","b":"two.safetensors")");
    EXPECT_EQ(problem(),
              "'model.safetensors.index.json': 'two.safetensors' holds tensor 'c', "
              "which the index does not name");
    shard("two.safetensors", {"a", "b"});
    EXPECT_EQ(problem(),
              "'model.safetensors.index.json': tensor 'a' is in two shards, "
              "'one.safetensors' and 'two.safetensors'");
}

TEST_F(TensorFolders, OpenNothingOutsideOfThem) {
    for (const std::string_view name :
         {"../x.safetensors", "/x.safetensors", ".safetensors", "", "x.bin", "a/b.safetensors"}) {
        index(fmt::format(R"("a":"{}")", name));
        EXPECT_EQ(problem(), fmt::format("'model.safetensors.index.json': 1:{}: tensor 'a' is in "
                                         "'{}', which is no name of a .safetensors file in this "
                                         "folder",
                                         50 + name.size(), name));
    }
}

TEST_F(TensorFolders, RefuseAnIndexWithoutItsMap) {
    index("");
    EXPECT_NE(problem().find("weight_map, which names the shard of each tensor, is missing or "
                             "empty"),
              std::string::npos);
}

TEST_F(TensorFolders, RefuseWhatIsNoRegularFile) {
    ASSERT_EQ(::mkfifo(path("model.safetensors").c_str(), 0600), 0);
    EXPECT_EQ(problem(), "'model.safetensors' is no regular file; name one");
}

TEST_F(TensorFolders, NameTheFileThatIsBroken) {
    writeFile(path("model.safetensors"), "");
    EXPECT_EQ(problem(),
              "'model.safetensors': a safetensors file begins with 8 bytes; this one has 0");
}

}  // namespace
}  // namespace ringscope
