#include "ui/pages/page_table.h"

#include "ui/pages/compare_page.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/traces_page.h"

#include <algorithm>

namespace ringscope::ui {
namespace {

Page* runs(const PageContext& window) { return new RunsPage(window.store, window.settings); }
Page* newRun(const PageContext& window) {
    return new NewRunPage(window.controller, window.sample, window.storeForCommand);
}
Page* compare(const PageContext& window) {
    return new ComparePage(window.store, window.storeForCommand);
}
Page* traces(const PageContext& window) { return new TracesPage(window.store); }
Page* plan(const PageContext& window) {
    return new PlanPage(window.store, window.sample, window.storeForCommand);
}
Page* migrate(const PageContext& window) { return new MigratePage(window.controller); }

constexpr PageRow table[] = {
    {"runs", QT_TRANSLATE_NOOP("ringscope::ui::Page", "Runs"), Icon::Runs, runs},
    {"new", QT_TRANSLATE_NOOP("ringscope::ui::Page", "New run"), Icon::NewRun, newRun},
    {"compare", QT_TRANSLATE_NOOP("ringscope::ui::Page", "Compare"), Icon::Compare, compare},
    {"traces", QT_TRANSLATE_NOOP("ringscope::ui::Page", "Traces"), Icon::Timeline, traces},
    {"plan", QT_TRANSLATE_NOOP("ringscope::ui::Page", "Plan"), Icon::Plan, plan},
    {"migrate", QT_TRANSLATE_NOOP("ringscope::ui::Page", "Migrate"), Icon::Migrate, migrate},
};

}  // namespace

std::span<const PageRow> pageTable() { return table; }

bool isPageName(const QString& name) {
    return std::ranges::any_of(table,
                               [&](const PageRow& row) { return name == QLatin1String(row.name); });
}

QString pageNames() {
    QStringList names;
    for (const PageRow& row : table) names << QLatin1String(row.name);
    const QString last = names.takeLast();
    return names.join(QStringLiteral(", ")) + QStringLiteral(" or ") + last;
}

}  // namespace ringscope::ui
