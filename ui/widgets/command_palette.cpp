#include "ui/widgets/command_palette.h"

#include "ui/look/theme.h"
#include "ui/widgets/fuzzy.h"
#include "ui/widgets/parts.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace ringscope::ui {
namespace {

constexpr int paletteWidth = 560;  // pixels at zoom 1
constexpr int rowsShown = 12;
constexpr int commandHeight = 28;

enum Role { Number = Qt::UserRole, Keys };

// The words at the left, the keys at the right.
class CommandDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyleOptionViewItem plain = option;
        initStyleOption(&plain, index);
        plain.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter,
                                            option.widget);
        const Ink ink = inkOf(*option.widget);
        const QRect box = option.rect.adjusted(scaled(8), 0, -scaled(8), 0);
        const QString keys = index.data(Keys).toString();
        const int keysWidth = option.fontMetrics.horizontalAdvance(keys);
        painter->save();
        painter->setFont(option.font);
        painter->setPen(ink.muted);
        painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter, keys);
        painter->setPen(ink.text);
        const int room = box.width() - keysWidth - scaled(16);
        painter->drawText(
            box, Qt::AlignLeft | Qt::AlignVCenter,
            option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, room));
        painter->restore();
    }

    QSize sizeHint(const QStyleOptionViewItem& /*option*/,
                   const QModelIndex& /*index*/) const override {
        return {0, scaled(commandHeight)};
    }
};

}  // namespace

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window),
      box_(new QLineEdit),
      list_(new QListWidget),
      nothing_(makeLabel(tr("No action has these letters."), "muted")) {
    setObjectName(QStringLiteral("palette"));
    setAutoFillBackground(true);
    box_->setPlaceholderText(tr("What do you want to do?"));
    box_->setAccessibleName(tr("Find an action"));
    box_->installEventFilter(this);
    list_->setItemDelegate(new CommandDelegate(list_));
    list_->setFocusPolicy(Qt::NoFocus);  // the box keeps the keyboard
    list_->setUniformItemSizes(true);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setAccessibleName(tr("Actions"));
    QVBoxLayout* layout = column(this, 8, 8);
    layout->addWidget(box_);
    layout->addWidget(list_);
    layout->addWidget(nothing_);
    connect(box_, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(list_, &QListWidget::itemClicked, this, &CommandPalette::act);
    window->installEventFilter(this);
    hide();
}

void CommandPalette::open(std::vector<Command> commands) {
    if (!isVisible()) before_ = QApplication::focusWidget();
    commands_ = std::move(commands);
    box_->clear();
    filter();
    place();
    show();
    raise();
    box_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::close() {
    if (!isVisible()) return;
    hide();
    if (before_ != nullptr) before_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::place() {
    const int width = std::min(scaled(paletteWidth), parentWidget()->width() - scaled(32));
    list_->setFixedHeight(std::min(scaled(rowsShown * commandHeight) + scaled(4),
                                   parentWidget()->height() - scaled(160)));
    resize(width, sizeHint().height());
    move((parentWidget()->width() - width) / 2, scaled(56));
}

// The best first; what fits alike keeps its order.
void CommandPalette::filter() {
    std::vector<std::pair<int, int>> found;  // score, number
    for (std::size_t i = 0; i < commands_.size(); ++i)
        if (const std::optional<int> score = fuzzyScore(box_->text(), commands_[i].words))
            found.emplace_back(*score, static_cast<int>(i));
    std::ranges::stable_sort(found, std::ranges::greater{}, &std::pair<int, int>::first);
    list_->clear();
    for (const auto& [score, number] : found) {
        const Command& command = commands_[static_cast<std::size_t>(number)];
        auto* item = new QListWidgetItem(command.words, list_);
        const QString keys = command.keys.toString(QKeySequence::NativeText);
        item->setData(Number, number);
        item->setData(Keys, keys);
        item->setData(Qt::AccessibleTextRole,
                      keys.isEmpty() ? command.words : command.words + QLatin1Char(' ') + keys);
    }
    list_->setCurrentRow(0);
    list_->setVisible(!found.empty());
    nothing_->setVisible(found.empty());
}

void CommandPalette::act() {
    const QListWidgetItem* item = list_->currentItem();
    if (item == nullptr) return;
    // The action may open the palette again, or delete what it is about.
    const std::function<void()> chosen =
        commands_[static_cast<std::size_t>(item->data(Number).toInt())].act;
    close();
    chosen();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    if (watched != box_) return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut && isVisible() &&
        static_cast<QFocusEvent*>(event)->reason() == Qt::MouseFocusReason)
        hide();
    if (event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
    const int last = list_->count() - 1;
    const auto step = [&](int rows) {
        list_->setCurrentRow(std::clamp(list_->currentRow() + rows, 0, std::max(0, last)));
    };
    switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Escape:
            close();
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            act();
            return true;
        case Qt::Key_Down:
            step(1);
            return true;
        case Qt::Key_Up:
            step(-1);
            return true;
        case Qt::Key_PageDown:
            step(rowsShown - 1);
            return true;
        case Qt::Key_PageUp:
            step(1 - rowsShown);
            return true;
        case Qt::Key_Tab:
        case Qt::Key_Backtab:
            return true;  // there is nothing else to go to
        default:
            return QFrame::eventFilter(watched, event);
    }
}

}  // namespace ringscope::ui
