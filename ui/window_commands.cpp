#include "ui/window_commands.h"

#include "ui/look/theme.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/parts.h"

#include <QAbstractButton>
#include <QCoreApplication>
#include <QDialog>
#include <QHeaderView>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

QString say(const char* words) { return QCoreApplication::translate("WindowCommands", words); }

// "&File" -> "File"; a doubled & is one.
QString menuWords(QString words) {
    words.replace(QStringLiteral("&&"), QStringLiteral("\x01"));
    words.remove(QLatin1Char('&'));
    return words.replace(QLatin1Char('\x01'), QLatin1Char('&'));
}

Command commandOf(QAction* action, const QString& words) {
    return {words, action->shortcut(), [action = QPointer<QAction>(action)] {
                if (action != nullptr) action->trigger();
            }};
}

void addMenu(const QMenu& menu, const QString& before, std::vector<Command>& commands) {
    for (QAction* action : menu.actions()) {
        if (action->isSeparator() || !action->isEnabled() || !action->isVisible()) continue;
        const QString words = menuWords(action->text());
        if (const QMenu* inner = action->menu())
            addMenu(*inner, words + QStringLiteral(": "), commands);
        else
            commands.push_back(commandOf(action, before + words));
    }
}

QString wordsOf(const QAbstractButton& button) {
    const QString text = menuWords(button.text());
    return text.isEmpty() || button.property("segment").toBool()
               ? (button.accessibleName().isEmpty() ? text : button.accessibleName())
               : text;
}

}  // namespace

std::vector<Command> menuCommands(const QMenuBar& bar) {
    std::vector<Command> commands;
    for (const QAction* top : bar.actions()) {
        const bool goes = menuWords(top->text()) == say("Go");
        if (top->menu() != nullptr) addMenu(*top->menu(), goes ? say("Go: ") : QString(), commands);
    }
    return commands;
}

std::vector<Command> pageCommands(const QWidget& page, const QString& title) {
    std::vector<Command> commands;
    const auto add = [&](Command command) {
        const auto same = [&](const Command& known) { return known.words == command.words; };
        if (std::ranges::none_of(commands, same)) commands.push_back(std::move(command));
    };
    const QString before = title + QStringLiteral(": ");
    for (auto* button : page.findChildren<QAbstractButton*>()) {
        const QString words = wordsOf(*button);
        if (!button->isVisibleTo(&page) || !button->isEnabled() || words.isEmpty()) continue;
        add({before + words, button->shortcut(), [button = QPointer<QAbstractButton>(button)] {
                 if (button != nullptr) button->click();
             }});
    }
    QList<QAction*> actions = page.actions();
    for (const auto* child : page.findChildren<QWidget*>())
        if (child->isVisibleTo(&page)) actions += child->actions();
    for (QAction* action : actions)
        if (action->isEnabled() && action->isVisible() && !action->isSeparator() &&
            action->menu() == nullptr && !action->text().isEmpty())
            add(commandOf(action, before + menuWords(action->text())));
    return commands;
}

std::vector<Shortcut> shortcutsOf(const QMenuBar& bar) {
    std::vector<Shortcut> all;
    for (const Command& command : menuCommands(bar))
        if (!command.keys.isEmpty())
            all.push_back({say("Everywhere"), command.keys.toString(QKeySequence::NativeText),
                           command.words});
    const auto add = [&](const QString& where, const QString& keys, const QString& words) {
        all.push_back({where, keys, words});
    };
    add(say("Everywhere"), say("Tab, Shift+Tab"), say("to the next part of the page, and back"));
    add(say("Runs"), say("Enter"), say("open the run in full"));
    add(say("New run"), say("Ctrl+R"), say("run what is planned"));
    for (const auto& [keys, words] : TimelineView::keys()) add(say("Traces"), keys, words);
    return all;
}

QDialog* makeShortcutSheet(const std::vector<Shortcut>& shortcuts, QWidget* parent) {
    auto* dialog = new QDialog(parent);
    dialog->setWindowTitle(say("Keyboard shortcuts"));
    dialog->setObjectName(QStringLiteral("shortcutSheet"));
    auto* table = new QTableWidget(static_cast<int>(shortcuts.size()), 3);
    table->setHorizontalHeaderLabels({say("Where"), say("Keys"), say("What they do")});
    for (int row = 0; row < table->rowCount(); ++row) {
        const Shortcut& shortcut = shortcuts[static_cast<std::size_t>(row)];
        const QString cells[] = {shortcut.where, shortcut.keys, shortcut.words};
        for (int column = 0; column < 3; ++column)
            table->setItem(row, column, new QTableWidgetItem(cells[column]));
    }
    table->setAccessibleName(dialog->windowTitle());
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->resizeColumnsToContents();
    table->horizontalHeader()->setStretchLastSection(true);
    auto* close = makeButton(say("Close"));
    QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
    QVBoxLayout* layout = column(dialog, 16, 8);
    layout->addWidget(table);
    layout->addWidget(close, 0, Qt::AlignRight);
    dialog->resize(scaled(640), scaled(560));
    return dialog;
}

}  // namespace ringscope::ui
