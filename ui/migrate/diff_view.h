// A text that is only read, in the fixed font; lines of a diff are coloured besides their sign.
#pragma once

#include <QPlainTextEdit>

namespace ringscope::ui {

class DiffView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit DiffView(const QString& name, QWidget* parent = nullptr);

    enum class Kind { Diff, Plain };
    void setContent(const QString& content, Kind kind);

protected:
    void changeEvent(QEvent* event) override;

private:
    void colour();

    Kind kind_ = Kind::Plain;
};

}  // namespace ringscope::ui
