#include "app/gui/gui_options.h"

#include "ui/pages/page_table.h"

#include <gtest/gtest.h>

namespace ringscope::gui {
namespace {

Result<GuiOptions> read(QStringList arguments) {
    arguments.prepend(QStringLiteral("ringscope-gui"));
    return readGuiOptions(arguments);
}

std::string problemOf(const QStringList& arguments) {
    const Result<GuiOptions> options = read(arguments);
    return options.ok() ? "no problem" : options.error().message;
}

TEST(GuiOptions, AreAllLeftOpenWithoutArguments) {
    const GuiOptions options = read({}).value();
    EXPECT_TRUE(options.store.isEmpty());
    EXPECT_TRUE(options.page.isEmpty());
    EXPECT_FALSE(options.theme.has_value());
    EXPECT_FALSE(options.size.has_value());
    EXPECT_FALSE(options.help);
}

TEST(GuiOptions, TakeEveryPageOfTheTableByItsName) {
    for (const ui::PageRow& row : ui::pageTable()) {
        const QString name = QLatin1String(row.name);
        EXPECT_EQ(read({QStringLiteral("--page"), name}).value().page, name);
        EXPECT_TRUE(guiHelp().contains(name));
    }
    EXPECT_EQ(problemOf({QStringLiteral("--page"), QStringLiteral("settings")}),
              "--page is runs, new, compare, traces or migrate; got 'settings'");
}

TEST(GuiOptions, TakeASizeAndATheme) {
    const GuiOptions options = read({QStringLiteral("--size"), QStringLiteral("1280x800"),
                                     QStringLiteral("--theme"), QStringLiteral("dark")})
                                   .value();
    EXPECT_EQ(options.size, QSize(1280, 800));
    EXPECT_EQ(options.theme, ui::Theme::Dark);
}

TEST(GuiOptions, SayWhatASizeOrAThemeLooksLike) {
    for (const char* size : {"1280", "12x800", "1280x800x3", "-1280x800"})
        EXPECT_EQ(
            problemOf({QStringLiteral("--size=") + QLatin1String(size)}),
            "--size takes a width and a height like 1280x800; got '" + std::string(size) + "'");
    EXPECT_EQ(problemOf({QStringLiteral("--theme"), QStringLiteral("blue")}),
              "--theme is system, light or dark; got 'blue'");
}

TEST(GuiOptions, SayHowAFileIsOpened) {
    EXPECT_EQ(problemOf({QStringLiteral("demo.yaml")}),
              "unexpected argument 'demo.yaml'; experiments are opened with --experiment FILE");
    EXPECT_NE(problemOf({QStringLiteral("--no-such-option")}), "no problem");
}

}  // namespace
}  // namespace ringscope::gui
