// Each kind of file and folder under a name that says nothing, or something else.
#include "ui/live/place_kind.h"

#include "backend/store/store.h"
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/trace.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"

#include <gtest/gtest.h>
#include <QTemporaryDir>
#include <fstream>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

class WhatAPlaceIs : public testing::Test {
protected:
    fs::path root() const { return folder.path().toStdString(); }
    fs::path write(const std::string& name, const std::string& content) const {
        const fs::path file = root() / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << content;
        return file;
    }
    Result<Place> place(const fs::path& path) const { return placeOf(path, root() / "shown.db"); }
    void expect(const fs::path& path, PlaceKind kind, const fs::path& opened) const {
        const Result<Place> found = place(path);
        ASSERT_TRUE(found.ok()) << found.error().message;
        EXPECT_EQ(found->kind, kind);
        EXPECT_EQ(found->path, opened);
    }
    std::string refusal(const fs::path& path) const {
        const Result<Place> found = place(path);
        return found.ok() ? "opened" : found.error().message;
    }

    QTemporaryDir folder;
};

TEST_F(WhatAPlaceIs, AnExperimentOrAConfigurationOfAnotherProgram) {
    const fs::path experiment = write("notes.txt", test::sampleDraft().fileText);
    expect(experiment, PlaceKind::Experiment, experiment);
    const fs::path fixtures = RINGSCOPE_FIXTURES;
    for (const char* name : {"base_zigzag.yaml", "zero3_alone.json"})
        expect(fixtures / name, PlaceKind::Configuration, fixtures / name);
}

TEST_F(WhatAPlaceIs, ATraceAsFileAndAsFolder) {
    test::writeTraces(root() / "run", test::lateSender());
    expect(root() / "run", PlaceKind::Trace, root() / "run");
    expect(root() / "run" / traceFileName(0), PlaceKind::Trace, root() / "run");
    const fs::path chrome = root() / "chrome" / "some.json";
    fs::create_directories(chrome.parent_path());
    ASSERT_TRUE(writeChromeTrace(mergeRanks(test::lateSender()), chrome).ok());
    expect(chrome, PlaceKind::Trace, chrome);
    expect(chrome.parent_path(), PlaceKind::Trace, chrome.parent_path());
}

TEST_F(WhatAPlaceIs, AStoreByItselfOrInItsFolder) {
    const fs::path store = root() / "data" / "ringscope.db";
    fs::create_directories(store.parent_path());
    ASSERT_TRUE(Store::open(store, Store::Access::ReadWrite).ok());
    expect(store, PlaceKind::Store, store);
    expect(root() / "data", PlaceKind::Store, store);
    // The one that is shown is known without looking.
    const fs::path shown = write("shown.db", "locked by this program");
    expect(shown, PlaceKind::Store, shown);
}

TEST_F(WhatAPlaceIs, NothingOfThese) {
    EXPECT_EQ(refusal(root() / "gone.yaml"),
              "'" + (root() / "gone.yaml").string() + "' is not there any more");
    fs::create_directories(root() / "empty");
    EXPECT_EQ(refusal(root() / "empty"),
              "the folder '" + (root() / "empty").string() + "' holds no trace and no store");
    EXPECT_NE(refusal(write("picture.png", "\x89PNG\r\n\x1a\n")), "opened");
    EXPECT_NE(refusal(write("words.txt", "only some words")), "opened");
    EXPECT_NE(refusal(write("other.db", std::string("SQLite format 3\0", 16))), "opened");
}

}  // namespace
}  // namespace ringscope::ui
