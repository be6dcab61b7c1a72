// What can be done in the window now, read off its menus and the page that is shown, so that
// nothing is listed twice and nothing is forgotten: for the palette and the sheet of shortcuts.
#pragma once

#include "ui/widgets/command_palette.h"

#include <QString>
#include <utility>
#include <vector>

class QDialog;
class QMenuBar;
class QWidget;

namespace ringscope::ui {

// Every enabled action, "Theme: dark" for one of a submenu.
std::vector<Command> menuCommands(const QMenuBar& bar);
// Every button of the page that can be pressed now, and its actions: "Runs: Report…".
std::vector<Command> pageCommands(const QWidget& page, const QString& title);

struct Shortcut {
    QString where;  // "Everywhere", "Timeline"
    QString keys;
    QString words;
};
// Of the menus, and the keys of pages that no menu has.
std::vector<Shortcut> shortcutsOf(const QMenuBar& bar);
// A dialog with these as a table.
QDialog* makeShortcutSheet(const std::vector<Shortcut>& shortcuts, QWidget* parent);

}  // namespace ringscope::ui
