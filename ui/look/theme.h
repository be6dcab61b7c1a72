// The look of every widget: backend/core/look.h's tokens as a Qt palette and a style sheet.
//
// A widget that paints itself asks inkOf(*this): light or dark is read from its palette and the
// zoom from the application's font, so there is nothing else to keep in step, and a change reaches
// it as the PaletteChange and FontChange events Qt sends anyway.
#pragma once

#include "backend/core/look.h"

#include <QColor>
#include <QObject>
#include <QPalette>
#include <QString>
#include <memory>
#include <string_view>

class QWidget;

namespace ringscope::ui {

class FocusRing;

enum class Theme { System, Light, Dark };
QString themeName(Theme theme);  // "system", "light", "dark"
Theme themeFromName(const QString& name);

bool isDark(const QPalette& palette);
QColor colourOf(const ColourPair& pair, bool dark);

// Every token as a colour, for one of the two looks.
struct Ink {
    bool dark = false;
    QColor background, panel, line, text, muted, accent, good, caution, bad;

    QColor mode(std::string_view name) const;
};
Ink inkFor(bool dark);
Ink inkOf(const QWidget& widget);

// Sizes of the type scale, in pixels at zoom 1.
inline constexpr int smallText = 11;
inline constexpr int bodyText = 13;
inline constexpr int headText = 16;
inline constexpr int titleText = 22;

// A length given at zoom 1, at the current zoom: the application's font carries it.
int scaled(double pixels);

QPalette lookPalette(bool dark);
QString lookStyleSheet(bool dark, double zoom);

// Applies theme and zoom to the application, follows the desktop while the theme is System, and
// rings what has the focus. One per application, made after QApplication, before the first window.
class ThemeController : public QObject {
    Q_OBJECT

public:
    explicit ThemeController(QObject* parent = nullptr);
    ~ThemeController() override;

    Theme theme() const { return theme_; }
    double zoom() const { return zoom_; }
    bool dark() const;
    void setTheme(Theme theme) { set(theme, zoom_); }
    void setZoom(double zoom) { set(theme_, zoom); }
    // Zoom is kept within 0.75 … 2. What looks different styles every widget anew, which takes
    // longer than to make them.
    void set(Theme theme, double zoom);

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void apply();  // also where the desktop changed the palette

    Theme theme_ = Theme::System;
    double zoom_ = 1;
    bool systemDark_ = false;
    bool applying_ = false;
    bool shownDark_ = false;
    double shownZoom_ = 0;  // none yet
    std::unique_ptr<FocusRing> focusRing_;
};

}  // namespace ringscope::ui
