// Takes a picture of the window once it shows what it was opened for, and ends the program.
#pragma once

#include "ui/main_window.h"

#include <QObject>
#include <QTimer>

namespace ringscope::gui {

class Screenshot : public QObject {
public:
    // Exit code 0 where the file was written; 1, and a sentence on standard error, where not.
    Screenshot(ui::MainWindow& window, QString file);

private:
    bool ready() const;
    void takeWhenReady();
    void take();

    ui::MainWindow& window_;
    QString file_;
    QTimer limit_;
    bool taking_ = false;
};

}  // namespace ringscope::gui
