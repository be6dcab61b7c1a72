#include "ui/look/theme.h"

#include "ui/look/focus_ring.h"

#include <QApplication>
#include <QEvent>
#include <QFontInfo>
#include <QStyleFactory>
#include <QWidget>
#include <QtGlobal>
#include <algorithm>
#include <cmath>

#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
#include <QStyleHints>
#endif

namespace ringscope::ui {
namespace {

QColor toColour(std::string_view hex) {
    return QColor(QString::fromUtf8(hex.data(), static_cast<qsizetype>(hex.size())));
}

// What the desktop asks for. The application's own palette hides it, so it is taken off first.
bool desktopIsDark() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    if (QGuiApplication::styleHints()->colorScheme() != Qt::ColorScheme::Unknown)
        return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#endif
    QApplication::setPalette(QPalette());
    return isDark(QApplication::palette());
}

}  // namespace

QString themeName(Theme theme) {
    switch (theme) {
        case Theme::System:
            return "system";
        case Theme::Light:
            return "light";
        case Theme::Dark:
            return "dark";
    }
    return {};
}

Theme themeFromName(const QString& name) {
    for (Theme theme : {Theme::Light, Theme::Dark})
        if (themeName(theme) == name.toLower()) return theme;
    return Theme::System;
}

bool isDark(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() <
           palette.color(QPalette::WindowText).lightness();
}

QColor colourOf(const ColourPair& pair, bool dark) {
    return toColour(dark ? pair.dark : pair.light);
}

QColor Ink::mode(std::string_view name) const { return colourOf(modeLook(name).colour, dark); }

Ink inkFor(bool dark) {
    return {.dark = dark,
            .background = colourOf(look.background, dark),
            .panel = colourOf(look.panel, dark),
            .line = colourOf(look.line, dark),
            .text = colourOf(look.text, dark),
            .muted = colourOf(look.mutedText, dark),
            .accent = colourOf(look.accent, dark),
            .good = colourOf(look.good, dark),
            .caution = colourOf(look.caution, dark),
            .bad = colourOf(look.bad, dark)};
}

// By the text: the window's colour is transparent where the style sheet says so.
Ink inkOf(const QWidget& widget) {
    const QPalette palette = widget.palette();
    if (palette.color(QPalette::Window).alpha() > 0) return inkFor(isDark(palette));
    return inkFor(palette.color(QPalette::WindowText).lightness() > 127);
}

int scaled(double pixels) {
    const double zoom = QFontInfo(QApplication::font()).pixelSize() / double(bodyText);
    return static_cast<int>(std::lround(pixels * zoom));
}

QPalette lookPalette(bool dark) {
    const Ink ink = inkFor(dark);
    QPalette palette;
    palette.setColor(QPalette::Window, ink.background);
    palette.setColor(QPalette::Base, ink.background);
    palette.setColor(QPalette::AlternateBase, ink.panel);
    palette.setColor(QPalette::Button, ink.panel);
    palette.setColor(QPalette::ToolTipBase, ink.panel);
    for (QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, ink.text);
    palette.setColor(QPalette::PlaceholderText, ink.muted);
    palette.setColor(QPalette::Highlight, ink.accent);
    palette.setColor(QPalette::HighlightedText, ink.background);
    palette.setColor(QPalette::Link, ink.accent);
    palette.setColor(QPalette::LinkVisited, ink.accent);
    palette.setColor(QPalette::Mid, ink.line);
    palette.setColor(QPalette::Midlight, ink.line);
    palette.setColor(QPalette::Light, ink.panel);
    palette.setColor(QPalette::Dark, ink.line);
    palette.setColor(QPalette::Shadow, ink.line);
    for (QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, ink.muted);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, ink.line);
    return palette;
}

ThemeController::ThemeController(QObject* parent)
    : QObject(parent), focusRing_(std::make_unique<FocusRing>()) {
    QApplication::setStyle(QStyleFactory::create("Fusion"));
    systemDark_ = desktopIsDark();
    qApp->installEventFilter(this);
    apply();
}

ThemeController::~ThemeController() = default;

bool ThemeController::dark() const {
    return theme_ == Theme::System ? systemDark_ : theme_ == Theme::Dark;
}

void ThemeController::set(Theme theme, double zoom) {
    theme_ = theme;
    zoom_ = std::clamp(zoom, 0.75, 2.0);
    if (theme == Theme::System) systemDark_ = desktopIsDark();
    if (dark() != shownDark_ || zoom_ != shownZoom_) return apply();
    Q_EMIT changed();
}

bool ThemeController::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ThemeChange && !applying_ && theme_ == Theme::System) {
        applying_ = true;
        const bool dark = desktopIsDark();
        applying_ = false;
        if (dark != systemDark_ || isDark(QApplication::palette()) != dark) {
            systemDark_ = dark;
            apply();
        }
    }
    return QObject::eventFilter(watched, event);
}

void ThemeController::apply() {
    applying_ = true;
    shownDark_ = dark();
    shownZoom_ = zoom_;
    QFont font = QApplication::font();
    font.setPixelSize(static_cast<int>(std::lround(bodyText * zoom_)));
    QApplication::setFont(font);
    QApplication::setPalette(lookPalette(dark()));
    qApp->setStyleSheet(lookStyleSheet(dark(), zoom_));
    applying_ = false;
    Q_EMIT changed();
}

}  // namespace ringscope::ui
