#include "tests/ui/layout/layout_faults.h"

#include "ui/look/theme.h"
#include "ui/pages/mode_picker.h"
#include "ui/timeline/legend.h"
#include "ui/widgets/parts.h"

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QRadioButton>
#include <QScrollBar>
#include <QTabBar>
#include <QTableView>
#include <QToolButton>
#include <algorithm>

namespace ringscope::test {
namespace {

using ui::scaled;

constexpr int narrowestName = 190;  // pixels at zoom 1

class Finder {
public:
    explicit Finder(const QWidget& root) : root_(root) {}

    QStringList find() {
        for (const auto* label : all<QLabel>()) lookAtLabel(*label);
        for (const auto* button : all<QAbstractButton>()) lookAtButton(*button);
        for (const auto* box : all<QComboBox>()) lookAtBox(*box);
        for (const auto* line : all<QLineEdit>()) lookAtLine(*line);
        for (const auto* bar : all<QTabBar>()) lookAtTabs(*bar);
        for (const auto* legend : all<ui::LegendLine>()) lookAtLegend(*legend);
        for (const auto* table : all<QTableView>()) lookAtTable(*table);
        return faults_;
    }

private:
    template <typename W>
    std::vector<const W*> all() const {
        std::vector<const W*> shown;
        for (const auto* widget : root_.findChildren<const W*>())
            if (widget->isVisibleTo(&root_)) shown.push_back(widget);
        return shown;
    }

    void add(const QString& what, const QString& text) {
        faults_ << QStringLiteral("%1: '%2'").arg(what, text.left(60));
    }

    // Each ancestor shows all of the widget, or scrolls to it.
    void lookAtPlace(const QWidget& widget, const QString& text) {
        const QWidget* inner = &widget;
        bool sideways = true;
        bool upright = true;
        for (const QWidget* outer = widget.parentWidget(); outer != nullptr && inner != &root_;
             outer = outer->parentWidget()) {
            const auto* area = qobject_cast<const QAbstractScrollArea*>(outer->parentWidget());
            if (area != nullptr && area->viewport() == outer) {
                if (area->horizontalScrollBarPolicy() != Qt::ScrollBarAlwaysOff) sideways = false;
                if (area->verticalScrollBarPolicy() != Qt::ScrollBarAlwaysOff) upright = false;
            }
            const QRect place(widget.mapTo(outer, QPoint(0, 0)), widget.size());
            if (sideways && (place.left() < 0 || place.right() >= outer->width() + 1))
                return add(QStringLiteral("reaches sideways out of ") + nameOf(*outer), text);
            if (upright && (place.top() < 0 || place.bottom() >= outer->height() + 1))
                return add(QStringLiteral("reaches up or down out of ") + nameOf(*outer), text);
            inner = outer;
            if (area != nullptr && area->viewport() == outer && !sideways && !upright) return;
        }
    }

    static QString nameOf(const QWidget& widget) {
        const QString name = widget.objectName();
        return name.isEmpty() ? QString::fromLatin1(widget.metaObject()->className()) : name;
    }

    static int advance(const QWidget& widget, const QString& text) {
        return widget.fontMetrics().size(Qt::TextShowMnemonic, text).width();
    }

    void lookAtLabel(const QLabel& label) {
        if (label.text().isEmpty()) return;
        const QRect room = label.contentsRect();
        if (const auto* elided = qobject_cast<const ui::ElidedLabel*>(&label)) {
            const bool title = label.property("role").toString() == QLatin1String("section");
            if (title && elided->fullText() != label.text())
                add(QStringLiteral("elided title"), elided->fullText());
            if (label.text().contains(QLatin1Char('\n')))
                add(QStringLiteral("lines cut"), elided->fullText());
            if (label.text() == QStringLiteral("…"))
                add(QStringLiteral("nothing but dots"), elided->fullText());
        } else if (label.wordWrap()) {
            if (label.heightForWidth(label.width()) > label.height() + 1)
                add(QStringLiteral("lines cut"), label.text());
        } else if (advance(label, label.text()) > room.width() + 1) {
            add(QStringLiteral("label cut"), label.text());
        }
        if (label.fontMetrics().height() > room.height() + 1)
            add(QStringLiteral("label too low"), label.text());
        lookAtPlace(label, label.text());
    }

    void lookAtButton(const QAbstractButton& button) {
        if (qobject_cast<const QLineEdit*>(button.parentWidget()) != nullptr) return;  // its own
        const QString text = button.text().isEmpty() ? button.accessibleName() : button.text();
        if (const auto* card = qobject_cast<const ui::ModeCard*>(&button)) {
            if (card->heightForWidth(card->width()) > card->height() + 1 ||
                card->sizeHint().width() > card->width() + 1)
                add(QStringLiteral("card too small"), text);
        } else if (qobject_cast<const QRadioButton*>(&button) != nullptr ||
                   qobject_cast<const QCheckBox*>(&button) != nullptr) {
            if (!button.text().isEmpty() && button.width() < button.sizeHint().width() - 1)
                add(QStringLiteral("choice cut"), text);
        } else if (button.width() < button.sizeHint().width() - 1 ||
                   button.height() < button.sizeHint().height() - 1) {
            const bool words = !button.text().isEmpty() || !button.icon().isNull();
            if (words) add(QStringLiteral("button cut"), text);
        }
        lookAtPlace(button, text);
    }

    // Without the arrow and the margins there has to be room for what is chosen.
    void lookAtBox(const QComboBox& box) {
        const int shortest = box.minimumContentsLength();  // where any length is chosen from
        const int wanted = shortest > 0 ? shortest * advance(box, QStringLiteral("x"))
                                        : advance(box, box.currentText());
        if (wanted + scaled(8 + 20) > box.width())
            add(QStringLiteral("choice cut"), box.currentText());
        lookAtPlace(box, box.currentText());
    }

    void lookAtLine(const QLineEdit& line) {
        if (line.text().isEmpty() &&
            advance(line, line.placeholderText()) + scaled(2 * 8) > line.width())
            add(QStringLiteral("placeholder cut"), line.placeholderText());
        lookAtPlace(line, line.text());
    }

    void lookAtTabs(const QTabBar& bar) {
        for (int i = 0; i < bar.count(); ++i) {
            if (!bar.isTabVisible(i)) continue;
            const QRect tab = bar.tabRect(i);
            if (advance(bar, bar.tabText(i)) + scaled(8) > tab.width() || tab.left() < 0 ||
                tab.right() > bar.width())
                add(QStringLiteral("tab cut"), bar.tabText(i));
        }
        lookAtPlace(bar, QStringLiteral("tabs"));
    }

    void lookAtLegend(const ui::LegendLine& legend) {
        const int height = legend.hasHeightForWidth() ? legend.heightForWidth(legend.width())
                                                      : legend.sizeHint().height();
        const bool narrow =
            !legend.hasHeightForWidth() && legend.sizeHint().width() > legend.width() + 1;
        if (narrow || height > legend.height() + 1)
            add(QStringLiteral("legend cut"), legend.accessibleName());
        lookAtPlace(legend, legend.accessibleName());
    }

    void lookAtTable(const QTableView& table) {
        const QHeaderView& header = *table.horizontalHeader();
        const QAbstractItemModel* model = table.model();
        if (model == nullptr || !header.isVisibleTo(&root_)) return;
        const bool dense = table.property("dense").toBool();
        for (int column = 0; column < model->columnCount(); ++column) {
            if (header.isSectionHidden(column)) continue;
            const QString title =
                model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
            QFont font = header.font();
            if (dense) font.setPixelSize(scaled(ui::smallText));
            const int wanted =
                QFontMetrics(font).horizontalAdvance(title) + scaled(dense ? 2 * 4 : 2 * 8);
            if (wanted > header.sectionSize(column) + 1) add(QStringLiteral("header cut"), title);
            lookAtCells(table, column, title);
        }
    }

    void lookAtCells(const QTableView& table, int column, const QString& title) {
        if (table.accessibleName() != QStringLiteral("Runs")) return;
        const int width = table.horizontalHeader()->sectionSize(column);
        if (title == QStringLiteral("Name") && width < scaled(narrowestName))
            add(QStringLiteral("column too narrow"), title);
        if (title == QStringLiteral("Name")) return;
        const bool marked = title == QStringLiteral("Mode") || title == QStringLiteral("State");
        const int mark = marked ? scaled(10 + 7) : 0;
        for (int row = 0; row < table.model()->rowCount(); ++row) {
            const QString text = table.model()->index(row, column).data().toString();
            if (advance(table, text) + mark + 2 * scaled(8) > width + 1)
                add(QStringLiteral("cell of %1 cut").arg(title), text);
        }
    }

    const QWidget& root_;
    QStringList faults_;
};

}  // namespace

QStringList layoutFaults(const QWidget& root) {
    QStringList faults = Finder(root).find();
    faults.removeDuplicates();
    return faults;
}

}  // namespace ringscope::test
