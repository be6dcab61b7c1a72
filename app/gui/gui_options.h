// The options of ringscope-gui, as the command line gives them.
#pragma once

#include "backend/core/result.h"
#include "ui/look/theme.h"

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>

namespace ringscope::gui {

// Empty members were not given.
struct GuiOptions {
    QString store;                   // --db; empty: the default one
    QString experiment;              // --experiment
    QString trace;                   // --trace
    QString migration;               // --migrate
    QString page;                    // --page, a name of the page table; empty: the first one
    std::optional<ui::Theme> theme;  // for this start only
    QString screenshot;              // file to write; the program then ends
    std::optional<QSize> size;
    QString report;       // --write-report: a file to write without a window; the program then ends
    QStringList runs;     // that it compares: their ids
    QString reportTitle;  // empty: the report's own
    QString baseline;     // --baseline, an id; empty: what the experiment's file says
    bool help = false;
    bool version = false;
};

// `arguments` begins with the program's name. The Error says which option is wrong, and how.
Result<GuiOptions> readGuiOptions(const QStringList& arguments);
QString guiHelp();

}  // namespace ringscope::gui
