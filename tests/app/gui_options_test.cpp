// What the window's program understands of its command line.
#include "app/gui/gui_options.h"

#include "ui/pages/page_table.h"

#include <gtest/gtest.h>
#include <QCoreApplication>
#include <string>

namespace ringscope::gui {
namespace {

Result<GuiOptions> read(QStringList words) {
    words.prepend(QStringLiteral("ringscope-gui"));
    return readGuiOptions(words);
}

std::string problemOf(const QStringList& words) {
    const Result<GuiOptions> options = read(words);
    return options.ok() ? "" : options.error().message;
}

TEST(GuiOptions, AreEmptyWhereNothingIsSaid) {
    const GuiOptions options = read({}).value();
    EXPECT_TRUE(options.store.isEmpty());
    EXPECT_TRUE(options.page.isEmpty());
    EXPECT_FALSE(options.theme || options.size);
    EXPECT_FALSE(options.help || options.version);
}

TEST(GuiOptions, NameFilesAPageAThemeAndASize) {
    const GuiOptions options =
        read({"--db", "runs.db", "--trace", "folder", "--migrate", "old.yaml", "--page", "traces",
              "--theme", "dark", "--size", "1280x800"})
            .value();
    EXPECT_EQ(options.store, QStringLiteral("runs.db"));
    EXPECT_EQ(options.trace, QStringLiteral("folder"));
    EXPECT_EQ(options.migration, QStringLiteral("old.yaml"));
    EXPECT_EQ(options.page, QStringLiteral("traces"));
    EXPECT_EQ(options.theme, ui::Theme::Dark);
    EXPECT_EQ(options.size, QSize(1280, 800));
}

TEST(GuiOptions, TakeEveryPageOfTheTableByItsName) {
    for (const ui::PageRow& row : ui::pageTable()) {
        const QString name = QLatin1String(row.name);
        EXPECT_EQ(read({"--page", name}).value().page, name);
        EXPECT_TRUE(guiHelp().contains(name));
    }
}

TEST(GuiOptions, RefuseWhatTheyDoNotKnowWithWhatIsKnown) {
    EXPECT_NE(problemOf({"--page", "nowhere"}).find("traces"), std::string::npos);
    EXPECT_EQ(problemOf({"--theme", "pink"}), "--theme is system, light or dark; got 'pink'");
    EXPECT_FALSE(problemOf({"--colour"}).empty());
}

TEST(GuiOptions, RefuseASizeThatIsNoWidthAndHeight) {
    for (const char* size : {"1280", "1280x", "12x80", "1280 x 800", "-1280x800"})
        EXPECT_EQ(
            problemOf({"--size", size}),
            std::string("--size takes a width and a height like 1280x800; got '") + size + "'");
}

TEST(GuiOptions, RefuseAReportThatIsNoPdf) {
    EXPECT_EQ(read({"--write-report", "a.pdf", "r1"}).value().report, QStringLiteral("a.pdf"));
    EXPECT_EQ(problemOf({"--write-report", "a.docx", "r1"}),
              "--write-report writes a PDF; give it a name that ends in .pdf; got 'a.docx'");
}

TEST(GuiOptions, SayHowAnExperimentIsOpened) {
    EXPECT_EQ(problemOf({"four.yaml"}),
              "unexpected argument 'four.yaml'; experiments are opened with --experiment FILE");
}

TEST(GuiOptions, HelpNamesEveryOption) {
    EXPECT_TRUE(read({"--help"}).value().help);
    EXPECT_TRUE(read({"-V"}).value().version);
    int count = 1;
    char name[] = "ringscope-gui";
    char* arguments[] = {name, nullptr};
    const QCoreApplication application(count, arguments);  // help has the program's name in it
    const QString help = guiHelp();
    for (const char* option : {"--db", "--experiment", "--trace", "--migrate", "--page", "--theme",
                               "--screenshot", "--size", "--version"})
        EXPECT_TRUE(help.contains(QString::fromLatin1(option))) << option;
}

}  // namespace
}  // namespace ringscope::gui
