#include "app/gui/screenshot.h"

#include <QCoreApplication>
#include <algorithm>
#include <chrono>
#include <iostream>

namespace ringscope::gui {

using std::chrono_literals::operator""s;

Screenshot::Screenshot(ui::MainWindow& window, QString file)
    : window_(window), file_(std::move(file)) {
    connect(&window_.store(), &ui::StoreReader::idled, this, &Screenshot::takeWhenReady);
    for (ui::Page* page : window_.pages())
        connect(page, &ui::Page::idled, this, &Screenshot::takeWhenReady);
    connect(&limit_, &QTimer::timeout, this, [] {
        std::cerr << "ringscope-gui: the window had nothing to show after 30 s\n";
        QCoreApplication::exit(1);
    });
    limit_.setSingleShot(true);
    limit_.start(30s);
}

bool Screenshot::ready() const {
    return window_.store().idle() && std::ranges::all_of(window_.pages(), &ui::Page::settled);
}

void Screenshot::takeWhenReady() {
    if (taking_ || !ready()) return;
    taking_ = true;
    takeAfter(10);
}

// Behind the layout and the replots that the last news has queued. What scrolls is laid out in
// rounds: its height says whether there is a scroll bar, and that how wide it is.
void Screenshot::takeAfter(int rounds) {
    if (rounds == 0) return take();
    QTimer::singleShot(0, this, [this, rounds] { takeAfter(rounds - 1); });
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
