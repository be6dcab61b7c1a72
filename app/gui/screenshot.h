// Takes a picture of the window once it shows what it was opened for, and ends the program.
#pragma once

#include "ui/main_window.h"

#include <QObject>
#include <QTimer>

namespace ringscope::gui {

class Screenshot : public QObject {
public:
    // Ends the program with 0 where the file was written, with 1 and a sentence on standard error
    // where it was not, or where the window shows nothing within 30 s. The window outlives this.
    Screenshot(ui::MainWindow& window, QString file);

private:
    bool ready() const;
    void takeWhenReady();
    void takeAfter(int rounds);  // of the event loop
    void take();

    ui::MainWindow& window_;
    QString file_;
    QTimer limit_;
    bool taking_ = false;
};

}  // namespace ringscope::gui
