// The pages of the window, in the order of the rail: the one place that lists them. Window, menus,
// rail, shortcuts and --page go over the table.
#pragma once

#include "ui/look/icons.h"
#include "ui/pages/page.h"

#include <QString>
#include <span>

namespace ringscope::ui {

// The shortcut is Ctrl and the number of the row, from 1.
struct PageRow {
    const char* name;   // as --page takes it
    const char* title;  // on the rail and in the menu, to be translated by Page::tr()
    Icon icon;
    Page* (*make)(const PageContext& context);  // the caller owns it
};
std::span<const PageRow> pageTable();

bool isPageName(const QString& name);
QString pageNames();  // "runs, new, compare, traces, plan or migrate"

}  // namespace ringscope::ui
