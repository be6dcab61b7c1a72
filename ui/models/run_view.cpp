#include "ui/models/run_view.h"

#include <QSettings>

namespace ringscope::ui {
namespace {

const QString viewsKey = QStringLiteral("runs/views");

}  // namespace

bool RunView::showsTheSame(const RunView& other) const {
    RunView same = other;
    same.name = name;
    if (sortedBy.isEmpty()) same.descending = descending;
    return *this == same;
}

std::vector<RunView> readViews(QSettings& settings) {
    std::vector<RunView> views;
    const int count = settings.beginReadArray(viewsKey);
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        RunView view{.name = settings.value(QStringLiteral("name")).toString(),
                     .filter = settings.value(QStringLiteral("filter")).toString(),
                     .columns = settings.value(QStringLiteral("columns")).toStringList(),
                     .sortedBy = settings.value(QStringLiteral("sortedBy")).toString(),
                     .descending = settings.value(QStringLiteral("descending"), true).toBool(),
                     .grouped = settings.value(QStringLiteral("grouped")).toBool(),
                     .archived = settings.value(QStringLiteral("archived")).toBool()};
        if (!view.name.isEmpty()) views.push_back(std::move(view));
    }
    settings.endArray();
    return views;
}

void writeViews(QSettings& settings, const std::vector<RunView>& views) {
    settings.remove(viewsKey);
    settings.beginWriteArray(viewsKey, static_cast<int>(views.size()));
    for (std::size_t i = 0; i < views.size(); ++i) {
        settings.setArrayIndex(static_cast<int>(i));
        settings.setValue(QStringLiteral("name"), views[i].name);
        settings.setValue(QStringLiteral("filter"), views[i].filter);
        settings.setValue(QStringLiteral("columns"), views[i].columns);
        settings.setValue(QStringLiteral("sortedBy"), views[i].sortedBy);
        settings.setValue(QStringLiteral("descending"), views[i].descending);
        settings.setValue(QStringLiteral("grouped"), views[i].grouped);
        settings.setValue(QStringLiteral("archived"), views[i].archived);
    }
    settings.endArray();
}

}  // namespace ringscope::ui
