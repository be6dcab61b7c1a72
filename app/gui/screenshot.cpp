#include "app/gui/screenshot.h"

#include "ui/pages/compare_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/traces_page.h"

#include <QCoreApplication>
#include <chrono>
#include <iostream>

namespace ringscope::gui {

using std::chrono_literals::operator""s;

Screenshot::Screenshot(ui::MainWindow& window, QString file)
    : window_(window), file_(std::move(file)) {
    connect(&window_.store(), &ui::StoreReader::idled, this, &Screenshot::takeWhenReady);
    connect(&window_.newRunPage(), &ui::NewRunPage::planned, this, &Screenshot::takeWhenReady);
    connect(&window_.tracesPage(), &ui::TracesPage::idled, this, &Screenshot::takeWhenReady);
    connect(&limit_, &QTimer::timeout, this, [] {
        std::cerr << "ringscope-gui: the window had nothing to show after 30 s\n";
        QCoreApplication::exit(1);
    });
    limit_.setSingleShot(true);
    limit_.start(30s);
}

bool Screenshot::ready() const {
    return window_.store().idle() && window_.newRunPage().settled() &&
           window_.tracesPage().settled();
}

void Screenshot::takeWhenReady() {
    if (taking_ || !ready()) return;
    taking_ = true;
    // Behind the layout and the replots that the last news has queued.
    QTimer::singleShot(0, this, [this] { QTimer::singleShot(0, this, &Screenshot::take); });
}

void Screenshot::take() {
    if (!ready()) {
        taking_ = false;
        return;
    }
    const bool written = window_.grab().save(file_);
    if (!written)
        std::cerr << "ringscope-gui: cannot write a picture to '" << file_.toStdString()
                  << "'; name a .png file in a folder that exists\n";
    QCoreApplication::exit(written ? 0 : 1);
}

}  // namespace ringscope::gui
