#include "ui/migrate/diff_view.h"

#include "ui/look/theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QTextBlock>

namespace ringscope::ui {

DiffView::DiffView(const QString& name, QWidget* parent) : QPlainTextEdit(parent) {
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setTabChangesFocus(true);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setAccessibleName(name);
    colour();
}

void DiffView::setContent(const QString& content, Kind kind) {
    kind_ = kind;
    setPlainText(content);
    colour();
}

void DiffView::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) colour();
}

// Selections instead of formats: the document stays plain and its colours follow the theme.
void DiffView::colour() {
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    fixed.setPixelSize(scaled(bodyText));
    document()->setDefaultFont(fixed);
    const Ink ink = inkOf(*this);
    QList<QTextEdit::ExtraSelection> marks;
    for (QTextBlock block = document()->begin(); kind_ == Kind::Diff && block.isValid();
         block = block.next()) {
        const QString line = block.text();
        QColor colour;
        if (line.startsWith(QLatin1String("@@")))
            colour = ink.muted;
        else if (line.startsWith(QLatin1Char('+')))
            colour = ink.good;
        else if (line.startsWith(QLatin1Char('-')))
            colour = ink.bad;
        else
            continue;
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.cursor.movePosition(QTextCursor::EndOfBlock, QTextCursor::KeepAnchor);
        mark.format.setForeground(colour);
        if (colour != ink.muted) {
            QColor ground = colour;
            ground.setAlphaF(0.10F);
            mark.format.setBackground(ground);
            mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        }
        marks.push_back(mark);
    }
    setExtraSelections(marks);
}

}  // namespace ringscope::ui
