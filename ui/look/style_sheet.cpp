// The part of the look that a palette cannot say: spacing on the 4 px grid, radius 4, flat fields.
// @names are tokens of the look table; #n# is n pixels at the current zoom.
#include "ui/look/theme.h"

#include <QRegularExpression>
#include <cmath>
#include <utility>

namespace ringscope::ui {
namespace {

constexpr const char* sheet = R"(
QToolTip { background: @panel; color: @text; border: 1px solid @line; padding: #4#; }
QMenuBar { background: @panel; border-bottom: 1px solid @line; }
QMenuBar::item { padding: #4# #8#; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @hover; }
QMenu { background: @background; border: 1px solid @line; padding: #4#; }
QMenu::item { padding: #4# #24# #4# #24#; border-radius: #4#; }
QMenu::item:selected { background: @hover; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @line; margin: #4#; }
QStatusBar { background: @panel; border-top: 1px solid @line; }
QStatusBar::item { border: none; }

QPushButton { background: @background; color: @text; border: 1px solid @line; border-radius: #4#;
              padding: #4# #12#; min-height: #20#; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @line; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @muted; background: @panel; }
QPushButton[primary="true"] { background: @accent; color: @background; border-color: @accent;
                              font-weight: 600; }
QPushButton[primary="true"]:hover { background: @accenthover; border-color: @accenthover; }
QPushButton[primary="true"]:focus { border-color: @text; }
QPushButton[primary="true"]:disabled { background: @line; color: @muted; border-color: @line; }
QPushButton[segment="true"] { border-radius: 0; padding: #2# #8#; border-right-width: 0; }
QPushButton[segment="true"][last="true"] { border-right-width: 1px; }
QPushButton[segment="true"]:checked { background: @selected; color: @accent; }
QPushButton[chip="true"] { border-radius: #13#; padding: #2# #12# #2# #8#; }
QPushButton[chip="true"]:checked { background: @selected; border-color: @accent; }
QToolButton[section="true"] { border: none; background: transparent; font-weight: 600;
              padding: #4# #2#; }
QToolButton[section="true"]:hover, QToolButton[section="true"]:focus { color: @accent; }
QPushButton[quiet="true"], QToolButton[quiet="true"] { border: none; background: transparent;
              color: @accent; padding: #2# #4#; border-radius: #4#; }
QPushButton[quiet="true"]:hover, QToolButton[quiet="true"]:hover { background: @hover; }
QPushButton[quiet="true"]:focus, QToolButton[quiet="true"]:focus { border: 1px solid @accent; }

QLineEdit, QComboBox { background: @background; border: 1px solid @line;
              border-radius: #4#; padding: #2# #8#; min-height: #20#;
              selection-background-color: @accent; selection-color: @background; }
QLineEdit:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QComboBox:disabled, QLineEdit:read-only { background: @panel; color: @muted; }
QLineEdit[invalid="true"] { border-color: @bad; }
QComboBox::drop-down { border: none; width: #20#; }
QComboBox::down-arrow { image: none; width: 0; height: 0; }
QComboBox QAbstractItemView { background: @background; border: 1px solid @line; outline: none;
              selection-background-color: @selected; selection-color: @text; }
QRadioButton { spacing: #8#; padding: #2#; border: 1px solid transparent; border-radius: #4#; }
QRadioButton:focus { border-color: @accent; }
QRadioButton::indicator { width: #12#; height: #12#; border: 1px solid @muted;
              border-radius: #7#; background: @background; }
QRadioButton::indicator:hover { border-color: @accent; }
QRadioButton::indicator:checked { width: #6#; height: #6#; border: #4# solid @accent; }
QPlainTextEdit { background: @background; border: 1px solid @line; border-radius: #4#;
              selection-background-color: @accent; selection-color: @background; }

QTableView { background: @background; border: 1px solid @line; border-radius: #4#;
              gridline-color: @line; outline: none; alternate-background-color: @panel;
              selection-background-color: @selected; selection-color: @text; }
QTableView::item { border: none; border-bottom: 1px solid @panel; padding: 0 #8#; }
QTableView::item:selected { background: @selected; color: @text; }
QTableView::item:focus { border: none; border-bottom: 1px solid @panel; }
QHeaderView { background: @panel; border: none; }
QHeaderView::section { background: @panel; color: @muted; border: none;
              border-bottom: 1px solid @line; padding: #4# #8#; }
QTableView[dense="true"] QHeaderView::section { padding: #4#; font-size: #11#; }
QHeaderView::section:hover { color: @text; }
QTableCornerButton::section { background: @panel; border: none; }

QProgressBar { background: @line; border: none; border-radius: #2#; max-height: #6#;
              min-height: #6#; }
QProgressBar::chunk { background: @accent; border-radius: #2#; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: #12#; margin: 0; }
QScrollBar:horizontal { background: transparent; height: #12#; margin: 0; }
QScrollBar::handle { background: @line; border-radius: #4#; margin: #2#; }
QScrollBar::handle:vertical { min-height: #24#; }
QScrollBar::handle:horizontal { min-width: #24#; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: @line; }

#rail { background: @panel; border-right: 1px solid @line; }
#rail QToolButton { background: transparent; border: none; border-left: #4# solid transparent;
              color: @muted; padding: #8# #4# #8# 0; font-size: #11#; }
#rail QToolButton:hover { background: @hover; color: @text; }
#rail QToolButton:focus { background: @hover; color: @text; }
#rail QToolButton:checked { border-left-color: @accent; color: @text; background: @selected; }

#palette { background: @panel; border: 1px solid @muted; border-radius: #4#; }
#palette QListWidget { background: @panel; border: none; outline: none;
              selection-background-color: @selected; selection-color: @text; }
#palette QListWidget::item:selected { background: @selected; }

#dropArea { background: @panel; border: 2px dashed @line; border-radius: #4#; }
#dropArea[dragged="true"] { border-color: @accent; background: @selected; }
#card { background: @panel; border: 1px solid @line; border-radius: #4#; }
#card QScrollArea, #card QScrollArea > QWidget > QWidget { background: transparent; }
QLabel[role="title"] { font-size: #22#; font-weight: 600; }
QLabel[role="head"] { font-size: #16#; font-weight: 600; }
QLabel[role="section"] { color: @muted; font-weight: 600; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="small"] { color: @muted; font-size: #11#; }
QLabel[role="bad"] { color: @bad; }
QLabel[role="badsmall"] { color: @bad; font-size: #11#; }
QLabel[role="caution"] { color: @caution; }
QLabel[role="good"] { color: @good; }
QLabel[role="figure"] { font-size: #16#; font-weight: 600; }
)";

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto part = [&](int x, int y) {
        return static_cast<int>(std::lround(x * (1 - share) + y * share));
    };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

}  // namespace

QString lookStyleSheet(bool dark, double zoom) {
    const Ink ink = inkFor(dark);
    const std::pair<const char*, QColor> tokens[] = {
        {"@background", ink.background},
        {"@panel", ink.panel},
        {"@line", ink.line},
        {"@text", ink.text},
        {"@muted", ink.muted},
        {"@accenthover", mixed(ink.accent, ink.text, 0.2)},  // before @accent, which it begins with
        {"@accent", ink.accent},
        {"@bad", ink.bad},
        {"@good", ink.good},
        {"@caution", ink.caution},
        {"@hover", mixed(ink.panel, ink.line, 0.5)},
        {"@selected", mixed(ink.background, ink.accent, dark ? 0.24 : 0.13)},
    };
    QString text = QString::fromLatin1(sheet);
    // @background begins with @bad's letters: whole words only.
    for (const auto& [name, colour] : tokens)
        text.replace(QRegularExpression(QString::fromLatin1(name) + "\\b"), colour.name());

    static const QRegularExpression size("#(\\d+)#");
    for (auto match = size.match(text); match.hasMatch(); match = size.match(text)) {
        const int pixels = static_cast<int>(std::lround(match.captured(1).toInt() * zoom));
        text.replace(match.captured(0), QString::number(pixels) + "px");
    }
    return text;
}

}  // namespace ringscope::ui
