#include "ui/pages/view_button.h"

#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QAction>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QSettings>
#include <algorithm>
#include <utility>

namespace ringscope::ui {
namespace {

constexpr int lettersOfName = 18;  // shown on the button

QString nameOnButton(const QString& name) {
    return name.size() <= lettersOfName ? name : name.left(lettersOfName - 1) + QChar(0x2026);
}

// What a menu would read as a mark of a key.
QString menuText(QString name) { return name.replace(QLatin1Char('&'), QStringLiteral("&&")); }

}  // namespace

ViewButton::ViewButton(QSettings* settings, std::function<RunView()> present, QWidget* parent)
    : QPushButton(parent),
      settings_(settings),
      present_(std::move(present)),
      menu_(new QMenu(this)) {
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    setObjectName(QStringLiteral("views"));
    setToolTip(tr("Filter, order and columns by a name of yours"));
    if (settings_ != nullptr) views_ = readViews(*settings_);
    setMenu(menu_);
    // Not while one of its own actions is at work.
    connect(menu_, &QMenu::aboutToShow, this, &ViewButton::makeMenu);
    makeActions();
    setText(tr("View"));
}

const RunView* ViewButton::find(const QString& name) const {
    const auto found = std::ranges::find(views_, name, &RunView::name);
    return found == views_.end() ? nullptr : &*found;
}

// Of several that show the same, the one that was chosen.
const RunView* ViewButton::shown() const {
    const RunView now = present_();
    const RunView* chosen = find(lastChosen_);
    if (chosen != nullptr && chosen->showsTheSame(now)) return chosen;
    const auto same = [&](const RunView& view) { return view.showsTheSame(now); };
    const auto found = std::ranges::find_if(views_, same);
    return found == views_.end() ? nullptr : &*found;
}

void ViewButton::showPresent() {
    const RunView* view = shown();
    setText(view == nullptr ? tr("View") : menuText(nameOnButton(view->name)));
    setAccessibleName(view == nullptr ? tr("View") : tr("View: %1").arg(view->name));
}

void ViewButton::choose(const QString& name) {
    const RunView* view = find(name);
    if (view == nullptr) return;
    lastChosen_ = name;
    Q_EMIT chosen(RunView(*view));
    showPresent();
}

void ViewButton::save(const QString& name) {
    if (name.isEmpty()) return;
    RunView view = present_();
    view.name = name;
    const auto same = std::ranges::find(views_, name, &RunView::name);
    if (same != views_.end())
        *same = std::move(view);
    else
        views_.push_back(std::move(view));
    lastChosen_ = name;
    keep();
}

void ViewButton::rename(const QString& from, const QString& to) {
    const auto view = std::ranges::find(views_, from, &RunView::name);
    if (view == views_.end() || to.isEmpty() || find(to) != nullptr) return;
    view->name = to;
    if (lastChosen_ == from) lastChosen_ = to;
    keep();
}

void ViewButton::remove(const QString& name) {
    std::erase_if(views_, [&](const RunView& view) { return view.name == name; });
    keep();
}

void ViewButton::keep() {
    if (settings_ != nullptr) writeViews(*settings_, views_);
    makeActions();
    showPresent();
    Q_EMIT viewsChanged();
}

void ViewButton::makeActions() {
    qDeleteAll(viewActions_);
    viewActions_.clear();
    for (const RunView& view : views_) {
        auto* action = new QAction(tr("Show view %1").arg(menuText(view.name)), this);
        connect(action, &QAction::triggered, this, [this, name = view.name] { choose(name); });
        viewActions_.push_back(action);
    }
}

void ViewButton::makeMenu() {
    const RunView* now = shown();
    menu_->clear();
    menu_->addAction(tr("All runs"), this, &ViewButton::resetRequested);
    for (const RunView& view : views_) {
        QAction* action =
            menu_->addAction(menuText(view.name), this, [this, name = view.name] { choose(name); });
        action->setCheckable(true);
        action->setChecked(&view == now);
    }
    menu_->addSeparator();
    menu_->addAction(tr("Save this view…"), this, &ViewButton::askName);
    const auto addFor = [&](const QString& title, auto ask) {
        QMenu* below = menu_->addMenu(title);
        below->setEnabled(!views_.empty());
        for (const RunView& view : views_)
            below->addAction(menuText(view.name), this,
                             [this, ask, name = view.name] { (this->*ask)(name); });
    };
    addFor(tr("Rename"), &ViewButton::askNewName);
    addFor(tr("Delete"), &ViewButton::askRemoval);
}

void ViewButton::askName() {
    bool given = false;
    const QString name = QInputDialog::getText(this, tr("Save this view"), tr("Name of the view"),
                                               QLineEdit::Normal, lastChosen_, &given)
                             .trimmed();
    if (!given || name.isEmpty()) return;
    const bool replaces = find(name) != nullptr && name != lastChosen_;
    if (replaces &&
        QMessageBox::question(this, tr("Save this view"), tr("Replace the view '%1'?").arg(name)) !=
            QMessageBox::Yes)
        return;
    save(name);
}

void ViewButton::askNewName(const QString& name) {
    bool given = false;
    const QString wanted = QInputDialog::getText(this, tr("Rename"), tr("Name of the view"),
                                                 QLineEdit::Normal, name, &given)
                               .trimmed();
    if (!given || wanted == name) return;
    if (find(wanted) != nullptr)
        QMessageBox::warning(this, tr("Rename"), tr("There is a view '%1' already.").arg(wanted));
    else
        rename(name, wanted);
}

void ViewButton::askRemoval(const QString& name) {
    if (QMessageBox::question(this, tr("Delete"), tr("Delete the view '%1'?").arg(name)) ==
        QMessageBox::Yes)
        remove(name);
}

}  // namespace ringscope::ui
