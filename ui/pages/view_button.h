// The button that names the present view of the run list, and the menu below it: every saved view,
// the one without any, and what saves, renames and deletes them.
#pragma once

#include "ui/models/run_view.h"

#include <QPushButton>
#include <functional>
#include <vector>

class QAction;
class QMenu;
class QSettings;

namespace ringscope::ui {

class ViewButton : public QPushButton {
    Q_OBJECT

public:
    // `present` answers what the list shows now. Without settings, views last as long as the
    // button.
    ViewButton(QSettings* settings, std::function<RunView()> present, QWidget* parent = nullptr);

    const std::vector<RunView>& views() const { return views_; }
    const RunView* find(const QString& name) const;
    // What the list shows has changed.
    void showPresent();

    void choose(const QString& name);
    // The present view by this name; another view of the same name is replaced.
    void save(const QString& name);
    // Does nothing where a view has the new name already.
    void rename(const QString& from, const QString& to);
    void remove(const QString& name);

    // One for each view, to be chosen from elsewhere.
    const std::vector<QAction*>& actionsOfViews() const { return viewActions_; }

Q_SIGNALS:
    void chosen(const ringscope::ui::RunView& view);
    void resetRequested();  // the view that nobody saved: all runs, the first columns
    void viewsChanged();    // actionsOfViews() are others now

private:
    const RunView* shown() const;  // the view that shows what the list shows
    void keep();
    void makeActions();
    void makeMenu();
    void askName();
    void askNewName(const QString& name);
    void askRemoval(const QString& name);

    QSettings* settings_;
    std::function<RunView()> present_;
    std::vector<RunView> views_;
    std::vector<QAction*> viewActions_;
    QMenu* menu_;
    QString lastChosen_;
};

}  // namespace ringscope::ui
