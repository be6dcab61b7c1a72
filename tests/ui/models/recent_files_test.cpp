#include "ui/models/recent_files.h"

#include <gtest/gtest.h>
#include <QSettings>
#include <QTemporaryDir>

namespace ringscope::ui {
namespace {

RecentFile file(const QString& path) { return {QStringLiteral("experiment"), path}; }

class Recent : public testing::Test {
protected:
    QTemporaryDir folder;
    QSettings settings{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
};

TEST_F(Recent, AreRememberedTheNewestFirstAndEachOnce) {
    {
        RecentFiles recent(&settings);
        recent.add(file(QStringLiteral("/a b/c, d.yaml")));
        recent.add({QStringLiteral("trace"), QStringLiteral("/t")});
        recent.add(file(QStringLiteral("/a b/c, d.yaml")));
    }
    const RecentFiles again(&settings);
    EXPECT_EQ(again.files(),
              (std::vector<RecentFile>{file(QStringLiteral("/a b/c, d.yaml")),
                                       {QStringLiteral("trace"), QStringLiteral("/t")}}));
}

TEST_F(Recent, AreNotMoreThanAMenuHasRoomFor) {
    RecentFiles recent(&settings);
    for (std::size_t i = 0; i < RecentFiles::most + 3; ++i)
        recent.add(file(QStringLiteral("/%1").arg(i)));
    EXPECT_EQ(recent.files().size(), RecentFiles::most);
    EXPECT_EQ(RecentFiles(&settings).files().size(), RecentFiles::most);
}

TEST_F(Recent, CanBeForgotten) {
    RecentFiles recent(&settings);
    recent.add(file(QStringLiteral("/a")));
    recent.add(file(QStringLiteral("/b")));
    recent.forget(QStringLiteral("/b"));
    EXPECT_EQ(RecentFiles(&settings).files(), std::vector{file(QStringLiteral("/a"))});
    recent.clear();
    EXPECT_TRUE(RecentFiles(&settings).files().empty());
}

TEST_F(Recent, LiveWithoutSettingsAndWithDamagedOnes) {
    RecentFiles recent(nullptr);
    recent.add(file(QStringLiteral("/a")));
    EXPECT_EQ(recent.files().size(), 1U);
    settings.setValue(QStringLiteral("recent"), QStringList{QStringLiteral("nothing"), QString()});
    EXPECT_TRUE(RecentFiles(&settings).files().empty());
}

}  // namespace
}  // namespace ringscope::ui
