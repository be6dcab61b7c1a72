#include "ui/widgets/log_slider.h"

#include <gtest/gtest.h>
#include <QLabel>
#include <QLineEdit>
#include <QSlider>
#include <QTest>

namespace ringscope::ui {
namespace {

std::optional<double> numberIn(const QString& typed) {
    bool read = false;
    const double number = typed.toDouble(&read);
    return read && number > 0 ? std::optional(number) : std::nullopt;
}

class Slider : public testing::Test {
protected:
    Slider()
        : slider(QStringLiteral("Ranks"), QStringLiteral("a number above 0"), numberIn,
                 [](double value) { return QString::number(value); }) {
        slider.setReach(2, 6);
        QObject::connect(&slider, &LogSlider::chose, &slider,
                         [this](double value) { chosen.push_back(value); });
        slider.show();
    }
    void type(const QString& words) {
        slider.line().setFocus();
        slider.line().selectAll();
        QTest::keyClicks(&slider.line(), words);
        QTest::keyClick(&slider.line(), Qt::Key_Return);
    }
    bool complains() const {
        for (const QLabel* label : slider.findChildren<QLabel*>())
            if (label->isVisible() && label->text() == QStringLiteral("a number above 0"))
                return true;
        return false;
    }

    LogSlider slider;
    std::vector<double> chosen;
};

TEST_F(Slider, DoublesFromStopToStop) {
    slider.slider().setValue(0);
    slider.slider().setValue(3);
    EXPECT_EQ(chosen, (std::vector<double>{16}));  // it stood at 0 already
    EXPECT_EQ(slider.value(), 16);
    EXPECT_EQ(slider.line().text(), QStringLiteral("16"));
}

TEST_F(Slider, TakesAnyOtherNumberAsItIsTyped) {
    type(QStringLiteral("24"));
    EXPECT_EQ(chosen, (std::vector<double>{24}));
    EXPECT_EQ(slider.slider().value(), 4) << "the nearest stop: 32";
    EXPECT_FALSE(complains());
}

TEST_F(Slider, SaysWhatItExpectsAndKeepsItsValue) {
    slider.setValue(8);
    type(QStringLiteral("many"));
    EXPECT_TRUE(chosen.empty());
    EXPECT_TRUE(complains());
    EXPECT_EQ(slider.value(), 8);
    EXPECT_EQ(slider.line().text(), QStringLiteral("many"));
    type(QStringLiteral("4"));
    EXPECT_FALSE(complains());
}

TEST_F(Slider, SignalsNothingOfWhatAProgramSets) {
    slider.setValue(64);
    slider.setReach(1, 10);
    EXPECT_TRUE(chosen.empty());
    EXPECT_EQ(slider.slider().value(), 6);
}

}  // namespace
}  // namespace ringscope::ui
