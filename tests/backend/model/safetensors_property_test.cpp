// What is written is read back, and what was read is written to the same bytes.
#include "backend/core/files.h"
#include "backend/model/safetensors.h"
#include "tests/backend/model/made_tensors.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

namespace ringscope {
namespace {
namespace fs = std::filesystem;

// ASCII, control characters among it.
std::string anyText() { return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 0x7f)); }

// Tensors of any types, whole bytes each, with names of any characters.
std::vector<OutgoingTensor> anyTensors() {
    std::vector<OutgoingTensor> tensors;
    std::set<std::string> names{"", "__metadata__"};
    const int count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        const std::string name = anyText();
        if (!names.insert(name).second) continue;
        const auto type = static_cast<TensorType>(*rc::gen::inRange<int>(0, tensorTypes.size()));
        std::vector<std::int64_t> shape =
            *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 5));
        if (shape.size() > 4) shape.resize(4);
        if (!tensorBytes(type, shape)) continue;
        const auto bytes = *tensorBytes(type, shape);
        const std::string data = *rc::gen::container<std::string>(
            bytes, rc::gen::map(rc::gen::inRange(0, 256), [](int b) { return char(b); }));
        tensors.push_back(test::madeTensor(name, type, shape, data));
    }
    return tensors;
}

std::string writtenTensors(const std::vector<OutgoingTensor>& tensors,
                           const TensorMetadata& metadata) {
    std::ostringstream out;
    const Result<void> written = writeTensors(out, tensors, metadata);
    RC_ASSERT(written.ok());
    return out.str();
}

// What was read, to be written again.
std::vector<OutgoingTensor> tensorsIn(const TensorTable& table, const std::string& file) {
    std::vector<OutgoingTensor> tensors;
    for (const TensorEntry& entry : table.tensors)
        tensors.push_back(test::madeTensor(entry.name, entry.type, entry.shape,
                                           file.substr(entry.begin, entry.end - entry.begin)));
    return tensors;
}

RC_GTEST_PROP(SafetensorsProperty, ReadsWhatItWrites, ()) {
    const std::vector<OutgoingTensor> tensors = anyTensors();
    const TensorMetadata metadata{{"format", "pt"}, {"note", anyText()}};
    const std::string file = writtenTensors(tensors, metadata);
    const Result<TensorTable> table = readTensorTable(file);
    RC_ASSERT(table.ok());
    RC_ASSERT(table->metadata == metadata);
    RC_ASSERT(table->tensors.size() == tensors.size());
    RC_ASSERT(writtenTensors(tensorsIn(*table, file), table->metadata) == file);
}

// A cut file is refused; a changed byte is refused or leaves a table whose tensors fill the file.
RC_GTEST_PROP(SafetensorsProperty, NeverTrustsABrokenFile, ()) {
    std::string file = writtenTensors(anyTensors(), {});
    const auto at = *rc::gen::inRange<std::size_t>(0, file.size());
    RC_ASSERT(!readTensorTable(std::string_view(file).substr(0, at)).ok());
    file[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    const Result<TensorTable> table = readTensorTable(file);
    if (!table.ok()) return;
    for (const TensorEntry& entry : table->tensors) RC_ASSERT(entry.end <= file.size());
}

TEST(SafetensorsFixtures, AreWrittenAgainByteForByte) {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(RINGSCOPE_FIXTURES)) {
        if (entry.path().extension() != ".safetensors") continue;
        const std::string file = readFile(entry.path()).value();
        const Result<TensorTable> table = readTensorTable(file);
        ASSERT_TRUE(table.ok()) << entry.path() << ": " << table.error().message;
        std::ostringstream out;
        ASSERT_TRUE(writeTensors(out, tensorsIn(*table, file), table->metadata).ok());
        EXPECT_TRUE(out.str() == file) << entry.path();
        ++files;
    }
    EXPECT_GT(files, 50);
}

}  // namespace
}  // namespace ringscope
