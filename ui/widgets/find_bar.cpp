#include "ui/widgets/find_bar.h"

#include "ui/look/theme.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/parts.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QHeaderView>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QTextDocument>

namespace ringscope::ui {
namespace {

constexpr int roomOfHit = 2;                    // pixels between a hit and its frame
constexpr const char* moreWords = "moreWords";  // the name of a property

class HitFrame : public QWidget {
public:
    explicit HitFrame(QWidget& hit) : QWidget(hit.parentWidget()) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setGeometry(hit.geometry().adjusted(-roomOfHit, -roomOfHit, roomOfHit, roomOfHit));
        show();
        raise();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(inkOf(*this).caution, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
};

// What a widget that is no list and no text says.
QString wordsOf(const QWidget& widget) {
    if (const auto* elided = qobject_cast<const ElidedLabel*>(&widget)) return elided->fullText();
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) return label->text();
    if (const auto* line = qobject_cast<const QLineEdit*>(&widget)) return line->text();
    if (const auto* box = qobject_cast<const QComboBox*>(&widget)) return box->currentText();
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) return button->text();
    return {};
}

Fold* foldOver(const QWidget& body) {
    auto* fold = qobject_cast<Fold*>(body.parentWidget());
    return fold != nullptr && fold->body() == &body ? fold : nullptr;
}

// Whether the widget is seen on the page, or is where folds over it are open.
bool canBeSeen(const QWidget& widget, const QWidget& page) {
    for (const QWidget* above = &widget; above != &page; above = above->parentWidget())
        if (above == nullptr || (above->isHidden() && foldOver(*above) == nullptr)) return false;
    return true;
}

}  // namespace

FindBar::FindBar(QWidget* parent) : SearchBar(tr("Find on this page"), parent) {
    connect(this, &SearchBar::searched, this, &FindBar::search);
    connect(this, &SearchBar::stepped, this, &FindBar::step);
    connect(this, &SearchBar::closed, this, &FindBar::leave);
}

void FindBar::openFor(QWidget& page) {
    page_ = &page;
    open();
}

QWidget* FindBar::hit() const {
    return hits_.empty() ? nullptr : hits_[static_cast<std::size_t>(at_)].widget.data();
}

void FindBar::search(const QString& wanted) {
    hits_.clear();
    at_ = 0;
    if (!wanted.isEmpty() && page_ != nullptr)
        for (auto* widget : page_->findChildren<QWidget*>())
            if (canBeSeen(*widget, *page_)) addHits(*widget, wanted);
    showHit();
}

void FindBar::addHits(QWidget& widget, const QString& wanted) {
    if (qobject_cast<QHeaderView*>(&widget) != nullptr) return;  // has the cells of its table
    if (auto* view = qobject_cast<QAbstractItemView*>(&widget)) return addCells(*view, wanted);
    if (auto* edit = qobject_cast<QPlainTextEdit*>(&widget)) return addLines(*edit, wanted);
    const QString more = widget.property(moreWords).toString();
    if (wordsOf(widget).contains(wanted, Qt::CaseInsensitive) ||
        more.contains(wanted, Qt::CaseInsensitive))
        hits_.push_back({&widget});
}

void FindBar::setMoreWords(QWidget& widget, const QString& words) {
    widget.setProperty(moreWords, words);
}

void FindBar::addCells(QAbstractItemView& view, const QString& wanted) {
    const QAbstractItemModel* model = view.model();
    if (model == nullptr) return;
    for (int row = 0; row < model->rowCount(); ++row)
        for (int column = 0; column < model->columnCount(); ++column) {
            const QModelIndex cell = model->index(row, column);
            if (cell.data().toString().contains(wanted, Qt::CaseInsensitive))
                hits_.push_back({&view, cell});
        }
}

void FindBar::addLines(QPlainTextEdit& edit, const QString& wanted) {
    QTextCursor found = edit.document()->find(wanted);
    while (!found.isNull()) {
        hits_.push_back({&edit, {}, found});
        found = edit.document()->find(wanted, found);
    }
}

void FindBar::step(int direction) {
    const int count = static_cast<int>(hits_.size());
    if (count == 0) return;
    at_ = (at_ + direction + count) % count;
    showHit();
}

void FindBar::showHit() {
    delete frame_;
    showCount(at_, static_cast<int>(hits_.size()));
    QWidget* widget = hit();
    for (const QPointer<Fold>& fold : unfolded_)
        if (fold != nullptr && (widget == nullptr || !fold->isAncestorOf(widget)))
            fold->setOpen(false);
    if (widget == nullptr) return unfolded_.clear();
    unfold(*widget);
    const Hit& shown = hits_[static_cast<std::size_t>(at_)];
    for (QWidget* above = widget->parentWidget(); above != nullptr; above = above->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(above)) area->ensureWidgetVisible(widget);
    if (auto* view = qobject_cast<QAbstractItemView*>(widget)) {
        view->setCurrentIndex(shown.cell);
        view->scrollTo(shown.cell);
    } else if (auto* edit = qobject_cast<QPlainTextEdit*>(widget)) {
        edit->setTextCursor(shown.place);
        edit->ensureCursorVisible();
    } else {
        frame_ = new HitFrame(*widget);
    }
}

void FindBar::unfold(const QWidget& hit) {
    std::erase_if(unfolded_, [&](const QPointer<Fold>& fold) {
        return fold == nullptr || !fold->isAncestorOf(&hit);
    });
    bool opened = false;
    for (const QWidget* above = &hit; above != nullptr; above = above->parentWidget())
        if (Fold* fold = foldOver(*above); fold != nullptr && !fold->isOpen()) {
            fold->setOpen(true);
            unfolded_.emplace_back(fold);
            opened = true;
        }
    // What is scrolled to has to have its place.
    if (opened) QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
}

void FindBar::leave() {
    delete frame_;
    unfolded_.clear();
    hits_.clear();
    if (page_ != nullptr) page_->setFocus(Qt::ShortcutFocusReason);
}

}  // namespace ringscope::ui
