// Every page in each of its states, at the sizes and zooms that screens have: nothing that is to be
// read is cut. RINGSCOPE_PICTURES names a folder that gets what was looked at as PNG files.
#include "tests/ui/layout/filled_window.h"
#include "tests/ui/layout/layout_faults.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/page_table.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <ostream>
#include <string>
#include <vector>

namespace ringscope::ui {
namespace {

struct ScreenSize {
    int width;
    int height;
};
constexpr ScreenSize sizes[] = {{880, 560},  {1000, 640},  {1280, 800},
                                {1600, 900}, {1920, 1080}, {2560, 1440}};

void keepPicture(const QPixmap& picture, const QString& name) {
    const QString folder = qEnvironmentVariable("RINGSCOPE_PICTURES");
    if (folder.isEmpty()) return;
    EXPECT_TRUE(picture.save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
}

struct Look {
    Theme theme;
    double zoom;
    std::vector<ScreenSize> sizes;

    QString name() const {
        return QStringLiteral("%1-%2").arg(themeName(theme)).arg(int(zoom * 100));
    }
    friend void PrintTo(const Look& look, std::ostream* out) { *out << look.name().toStdString(); }
};

class Layout : public testing::TestWithParam<Look> {
protected:
    static void SetUpTestSuite() { filled = std::make_unique<test::FilledWindow>(); }
    static void TearDownTestSuite() { filled.reset(); }

    void look(const std::string& page, const ScreenSize& size) {
        const double zoom = GetParam().zoom;
        filled->resize(size.width, size.height);
        MainWindow& window = filled->window();
        const QPixmap picture = window.grab();
        const QString place = QStringLiteral("%1-%2-%3")
                                  .arg(QString::fromStdString(page), GetParam().name())
                                  .arg(window.width());
        keepPicture(picture, place);
        // The least size grows with the zoom; a screen of 1280 pixels has room for it at any.
        if (zoom <= 1 || size.width >= 1280) {
            EXPECT_EQ(window.size(), QSize(size.width, size.height)) << place.toStdString();
        }
        const QStringList faults = test::layoutFaults(window);
        EXPECT_TRUE(faults.isEmpty())
            << place.toStdString() << "\n  " << faults.join(QStringLiteral("\n  ")).toStdString();
    }

    static std::unique_ptr<test::FilledWindow> filled;
};
std::unique_ptr<test::FilledWindow> Layout::filled;

// A theme changes no sizes, so the dark one is looked at where there is the least room, and the
// most.
std::vector<Look> looks() {
    const std::vector<ScreenSize> all(std::begin(sizes), std::end(sizes));
    return {{Theme::Light, 1.0, all},
            {Theme::Light, 0.8, all},
            {Theme::Light, 1.5, all},
            {Theme::Dark, 1.0, {all.front(), all.back()}}};
}

INSTANTIATE_TEST_SUITE_P(EveryPage, Layout, testing::ValuesIn(looks()), [](const auto& info) {
    return info.param.name().remove(QLatin1Char('-')).toStdString();
});

// All pages in one test: to style the window anew takes as long as to look at it several times.
TEST_P(Layout, ShowsAllItsTextOnEveryPageAtEverySize) {
    filled->setZoom(GetParam().zoom);
    filled->setTheme(GetParam().theme);
    for (const std::string& page : test::FilledWindow::views()) {
        filled->show(page);
        for (const ScreenSize& size : GetParam().sizes) look(page, size);
    }
    filled->setZoom(1);
    filled->setTheme(Theme::Light);
}

// The test of the test: what users have seen is found.
class LayoutFaults : public testing::Test {
protected:
    void add(QWidget* widget) {
        column->addWidget(widget);
        widget->setParent(&card);
    }
    QStringList faults() {
        card.resize(120, 200);
        card.show();
        QCoreApplication::processEvents();
        return test::layoutFaults(card);
    }

    QWidget card;
    QVBoxLayout* column = new QVBoxLayout(&card);
};

TEST_F(LayoutFaults, AreLabelsAndButtonsThatAreCut) {
    QLabel* label = makeLabel(QStringLiteral("a sentence that is longer than its card"));
    label->setFixedWidth(60);
    column->addWidget(label);
    auto* button = new QPushButton(QStringLiteral("Write a report"));
    button->setFixedWidth(30);
    column->addWidget(button);
    EXPECT_EQ(faults().filter(QStringLiteral("label cut")).size(), 1);
    EXPECT_EQ(faults().filter(QStringLiteral("button cut")).size(), 1);
}

TEST_F(LayoutFaults, AreTextsOutsideOfTheirCard) {
    QLabel* label = makeLabel(QStringLiteral("outside"), nullptr, &card);
    label->setGeometry(90, 10, 80, 20);
    label->show();
    EXPECT_EQ(faults().filter(QStringLiteral("out of QWidget: 'outside'")).size(), 1);
}

TEST_F(LayoutFaults, AreHeadersThatAreElided) {
    auto* table = new QTableWidget(1, 2);
    table->setHorizontalHeaderLabels({QStringLiteral("Name"), QStringLiteral("A long title")});
    table->setColumnWidth(0, 80);
    table->setColumnWidth(1, 40);
    column->addWidget(table);
    EXPECT_EQ(faults(), QStringList{QStringLiteral("header cut: 'A long title'")});
}

TEST_F(LayoutFaults, AreNoneWhereEverythingFits) {
    column->addWidget(makeLabel(QStringLiteral("short")));
    column->addWidget(makeButton(QStringLiteral("OK")));
    EXPECT_EQ(faults(), QStringList());
}

}  // namespace
}  // namespace ringscope::ui
