// The window over a store that is full of the kind of things users have: long names, large figures,
// failures, a sweep, a trace with memory, an old configuration with open decisions. A test goes
// from view to view, which is a page in one of its states, and looks at each.
#pragma once

#include "tests/ui/fake_transport.h"
#include "ui/look/theme.h"
#include "ui/main_window.h"

#include <QTemporaryDir>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::test {

class FilledWindow {
public:
    FilledWindow();
    ~FilledWindow();

    // The names of all views: "runs", "run-log", "compare-curves", …
    static std::vector<std::string> views();
    void show(const std::string& view);
    // Takes a size as a user gives it, or the nearest that the window allows.
    void resize(int width, int height);
    void setTheme(ui::Theme theme) { theme_.setTheme(theme); }
    void setZoom(double zoom) { theme_.setZoom(zoom); }
    ui::MainWindow& window() { return *window_; }

private:
    void fillStore();
    void settle();

    QTemporaryDir folder_;
    ui::ThemeController theme_;
    FakeTransport transport_;
    std::unique_ptr<ui::MainWindow> window_;
};

}  // namespace ringscope::test
