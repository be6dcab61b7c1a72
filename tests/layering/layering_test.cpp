#include "tests/layering/layering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ringscope::layering {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Layering, EveryIncludeInTheTreeFollowsTheTable) {
    EXPECT_EQ(describe(includeViolations(RINGSCOPE_SOURCE_DIR)), "");
}

TEST(Layering, FilesLinesAndTableCellsAreShortAndHeadersAndFoldersSayWhatTheyAreFor) {
    EXPECT_EQ(describe(shapeViolations(RINGSCOPE_SOURCE_DIR)), "");
}

// A tree of its own, in which a violation can be planted.
class PlantedTree : public testing::Test {
protected:
    PlantedTree() {
        std::string pattern = (fs::temp_directory_path() / "ringscope-layering-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
    }
    ~PlantedTree() override { fs::remove_all(root_); }

    void plant(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    std::string includes() const { return describe(includeViolations(root_)); }
    std::string shape() const { return describe(shapeViolations(root_)); }

private:
    fs::path root_;
};

TEST_F(PlantedTree, AllowsWhatTheTableAllows) {
    plant("backend/plan/modes/ring.cpp",
          "#include \"backend/plan/modes/ring.h\"\n#include \"backend/core/result.h\"\n"
          "#include \"embedded/presets.h\"\n#include <vector>\n// #include <QWidget>, fork()\n");
    plant("backend/store/store.cpp", "#include <sqlite3.h>\n#include \"backend/run/sink.h\"\n");
    plant("kernels/model/ring.cpp", "#include <ATen/ops/matmul.h>\n#include \"profiler/span.h\"\n");
    plant("profiler/cupti.cpp", "#include <cupti.h>\n#include \"backend/trace/event.h\"\n");
    plant("launcher/spawn.cpp", "#include <spawn.h>\nint f() { return fork(); }\n");
    plant("ui/page.cpp", "#include <QWidget>\n#include <qcustomplot.h>\n#include \"page.moc\"\n");
    plant("app/gui/main.cpp", "#include <QApplication>\n#include \"ui/page.h\"\n");
    plant("tests/store/store_test.cpp", "#include <sqlite3.h>\n");
    plant("build/generated/x.cpp", "#include <QWidget>\n");
    EXPECT_EQ(includes(), "");
}

TEST_F(PlantedTree, NamesFileAndLineOfAnArrowAgainstTheTable) {
    plant("backend/core/text.cpp", "\n#include <string>\n#include \"backend/plan/layout.h\"\n");
    EXPECT_EQ(includes(),
              "backend/core/text.cpp:3: backend/core may not include \"backend/plan/layout.h\": "
              "plan comes after it in the order of backend\n");
}

TEST_F(PlantedTree, FindsAnArrowAgainstTheOrderOfKernelsRooms) {
    plant("kernels/comm/group.cpp", "#include \"kernels/device/cuda_module.h\"\n");
    plant("kernels/comm/pool.h", "#include \"kernels/attention/attention.h\"\n");
    EXPECT_EQ(includes(),
              "kernels/comm/pool.h:1: kernels/comm may not include "
              "\"kernels/attention/attention.h\": attention comes after it in the order of "
              "kernels\n");
}

TEST_F(PlantedTree, FindsAnArrowAgainstTheOrderOfTheWindowsRooms) {
    plant("ui/main_window.cpp", "#include \"ui/pages/page.h\"\n");
    plant("ui/plots/bar_chart.cpp", "#include \"ui/timeline/lane.h\"\n");
    plant("ui/pages/page.cpp", "#include \"ui/main_window.h\"\n");
    EXPECT_EQ(includes(),
              "ui/pages/page.cpp:1: ui/pages may not include \"ui/main_window.h\": it stands above "
              "all rooms of ui\n"
              "ui/plots/bar_chart.cpp:1: ui/plots may not include \"ui/timeline/lane.h\": timeline "
              "comes after it in the order of ui\n");
}

TEST_F(PlantedTree, FindsAnArrowAgainstTheOrderOfTracesRooms) {
    plant("backend/trace/file/reader.cpp", "#include \"backend/trace/rank_trace.h\"\n");
    plant("backend/trace/chrome/import.cpp", "#include \"backend/trace/file/reader.h\"\n");
    plant("backend/trace/file/writer.h", "#include \"backend/trace/chrome/import.h\"\n");
    plant("backend/trace/trace.h", "#include \"backend/trace/file/reader.h\"\n");
    EXPECT_EQ(includes(),
              "backend/trace/file/writer.h:1: backend/trace/file may not include "
              "\"backend/trace/chrome/import.h\": chrome comes after it in the order of "
              "backend/trace\n"
              "backend/trace/trace.h:1: files beside the rooms of backend/trace may not include "
              "\"backend/trace/file/reader.h\": file comes after them in the order of "
              "backend/trace\n");
}

TEST_F(PlantedTree, FindsAnArrowBetweenFolders) {
    plant("launcher/local.cpp", "#include \"backend/store/store.h\"\n");
    plant("backend/run/service.h", "#include \"launcher/local.h\"\n");
    plant("app/cli/main.cpp", "#include \"kernels/rank_program.h\"\n");
    EXPECT_THAT(includes(), HasSubstr("launcher/local.cpp:1: launcher may not include"));
    EXPECT_THAT(includes(), HasSubstr("backend/run/service.h:1: backend may not include"));
    EXPECT_THAT(includes(), HasSubstr("app/cli/main.cpp:1: app/cli may not include"));
}

TEST_F(PlantedTree, FindsAForeignApiOutsideItsFolder) {
    plant("backend/report/html.cpp", "#include <sqlite3.h>\n");
    plant("ui/page.cpp", "#  include <torch/torch.h>\n");
    plant("kernels/cuda/a.cu", "#include <cupti.h>\n");
    plant("backend/core/a.h", "#include <QString>\n");
    plant("app/cli/a.cpp", "#include <QtCore/QString>\n");
    plant("app/rank/a.cpp", "#include <spawn.h>\n");
    plant("app/cli/run_verb.cpp", "#include <iostream>\n");
    plant("app/cli/console.cpp", "#include <iostream>\n");
    EXPECT_THAT(includes(),
                HasSubstr("backend/report/html.cpp:1: <sqlite3.h> is SQLite, which only "
                          "backend/store may include"));
    EXPECT_THAT(includes(), HasSubstr("ui/page.cpp:1: <torch/torch.h> is libtorch"));
    EXPECT_THAT(includes(), HasSubstr("kernels/cuda/a.cu:1: <cupti.h> is CUPTI"));
    EXPECT_THAT(includes(), HasSubstr("backend/core/a.h:1: <QString> is Qt"));
    EXPECT_THAT(includes(), HasSubstr("app/cli/a.cpp:1: <QtCore/QString> is Qt"));
    EXPECT_THAT(includes(), HasSubstr("app/rank/a.cpp:1: <spawn.h> is processes"));
    EXPECT_THAT(includes(), HasSubstr("app/cli/run_verb.cpp:1: <iostream> is what writes to a"));
    EXPECT_THAT(includes(), Not(HasSubstr("console.cpp:1")));
}

TEST_F(PlantedTree, FindsAProcessStartedOutsideTheLauncher) {
    plant("backend/run/a.cpp", "int pid = ::fork();\nint forked(int);\nint x = a.fork();\n");
    EXPECT_EQ(includes(),
              "backend/run/a.cpp:1: fork() starts a process, which only launcher may\n");
}

TEST_F(PlantedTree, FindsAnIncludeThatIsNotWrittenFromTheRoot) {
    plant("ui/page.cpp", "#include \"page.h\"\n");
    EXPECT_EQ(includes(), "ui/page.cpp:1: \"page.h\" is not written from the repository root\n");
}

TEST_F(PlantedTree, FindsARoomTheTableDoesNotKnow) {
    plant("backend/magic/a.cpp", "#include \"backend/core/result.h\"\n");
    EXPECT_THAT(includes(), HasSubstr("'backend/magic/a.cpp' is in no room"));
}

TEST_F(PlantedTree, FindsWhatIsWrongWithTheShapeOfFiles) {
    plant("backend/README.md", "# backend\n");
    plant("backend/core/good.h", "// What it is for.\n#pragma once\n");
    EXPECT_THAT(shape(), IsEmpty());

    plant("backend/core/mute.h", "#pragma once\n");
    plant("backend/core/twice.h", "// What it is for.\n");
    plant("backend/core/long.cpp", std::string(601, '\n'));
    plant("ui/page.cpp", "");
    plant("cmake/targets.cmake", "");
    EXPECT_EQ(shape(),
              "backend/core/long.cpp:601: has 601 lines; 600 is the limit\n"
              "backend/core/mute.h:1: a comment before #pragma once says what the header is for\n"
              "backend/core/twice.h: has no #pragma once\n"
              "cmake/targets.cmake: top folder cmake is not in rules.h\n"
              "ui: has no README.md\n");
}

TEST_F(PlantedTree, FindsLinesOfCodeThatAreTooWide) {
    const std::string wide(101, 'x');
    const std::string umlauts = [] {  // 100 columns in 200 bytes
        std::string text;
        for (int i = 0; i < 100; ++i) text += "ä";
        return text;
    }();
    plant("launcher/README.md", "# launcher\n" + wide + "\n");
    plant("launcher/a.cpp", "//" + wide + "\n" + umlauts + "\nint x;\n" + wide + "\n");
    plant("launcher/raw.cpp",
          "auto a = R\"(\n" + wide + "\n)\", b = R\"x()\" " + wide + "\n)x\";\n" + wide + "\n");
    plant("launcher/CMakeLists.txt", wide + "\n");
    plant("tests/README.md", "");
    plant("tests/fixtures/a.cpp", wide + "\n");
    EXPECT_EQ(shape(),
              "launcher/a.cpp:1: has 103 columns; 100 is the limit\n"
              "launcher/a.cpp:4: has 101 columns; 100 is the limit\n"
              "launcher/raw.cpp:5: has 101 columns; 100 is the limit\n");
}

TEST_F(PlantedTree, FindsTableCellsThatAreTooWide) {
    const std::string cell(120, 'x');
    plant("README.md", "| a | " + cell + "y |\n");
    plant("ui/README.md", "| " + cell + " | " + cell + " |\n|---|---|\n" + cell + cell + "\n");
    plant("ui/plots/NOTES.md", "\n| a |" + cell + "yz\n");
    plant("tests/README.md", "");
    plant("tests/report/golden/sample.md", "| " + cell + "y |\n");
    plant("build/notes.md", "| " + cell + "y |\n");
    EXPECT_EQ(shape(),
              "README.md:1: has a table cell of 121 characters; 120 is the limit: put the rest "
              "below the table\n"
              "ui/plots/NOTES.md:2: has a table cell of 122 characters; 120 is the limit: put the "
              "rest below the table\n");
}

}  // namespace
}  // namespace ringscope::layering
