// ringscope-gui: the window over the store, with agents started on this machine.
#include "app/exit_codes.h"
#include "app/gui/gui_options.h"
#include "app/gui/report_only.h"
#include "app/gui/screenshot.h"
#include "backend/core/environment.h"
#include "backend/core/version.h"
#include "backend/store/store.h"
#include "embedded/demoExperiment.h"
#include "launcher/any_transport.h"
#include "launcher/run_origin.h"
#include "ui/main_window.h"

#include <QApplication>
#include <QSettings>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace ringscope::gui {
namespace {

ui::WindowOptions windowOptions(const GuiOptions& given, QSettings* settings) {
    ui::WindowOptions options;
    options.defaultStore = given.store.isEmpty();
    options.store = options.defaultStore ? defaultStorePath()
                                         : std::filesystem::path(given.store.toStdString());
    options.sample.fileText = std::string(embedded::demoExperiment);
    options.sample.environment = environmentVariables();
    options.version = QString::fromStdString(std::string(version()));
    options.settings = settings;
    options.originOf = [](const std::string& command) {
        std::error_code unknown;
        return runOrigin(command, std::filesystem::current_path(unknown));
    };
    return options;
}

// One for each store that was opened; the program ends with the last of them.
class Windows {
public:
    Windows(const GuiOptions& given, QSettings* settings) : given_(given), settings_(settings) {}

    ui::MainWindow& add(const GuiOptions& given) {
        ui::WindowOptions options = windowOptions(given, settings_);
        options.theme = given_.theme;
        options.openStore = [this](const std::filesystem::path& store) {
            GuiOptions other;
            other.store = QString::fromStdString(store.string());
            add(other).show();
            return QString();
        };
        windows_.push_back(
            std::make_unique<ui::MainWindow>(theme_, transport_, std::move(options)));
        return *windows_.back();
    }

private:
    const GuiOptions& given_;
    QSettings* settings_;
    ui::ThemeController theme_;
    AnyTransport transport_;
    std::vector<std::unique_ptr<ui::MainWindow>> windows_;
};

using app::Ok;
using app::Usage;

// Says why a file cannot be shown, and returns the exit code.
int fail(const Error& error, app::Exit exit) {
    std::cerr << "ringscope-gui: " << error.message << '\n';
    return exit;
}

int showWindow(const GuiOptions& given) {
    QSettings settings;
    const bool picture =
        !given.screenshot.isEmpty();  // neither reads nor changes what is remembered
    Windows windows(given, picture ? nullptr : &settings);
    ui::MainWindow& window = windows.add(given);
    if (given.size) window.resize(*given.size);
    if (!given.experiment.isEmpty())
        if (const Result<void> opened = window.openExperiment(given.experiment); !opened.ok())
            return fail(opened.error(), app::exitFor(opened.error().code));
    if (!given.page.isEmpty()) window.goTo(given.page);
    if (!given.trace.isEmpty()) window.openTrace(given.trace.toStdString());
    if (!given.migration.isEmpty())
        if (const Result<void> opened = window.openMigration(given.migration); !opened.ok())
            return fail(opened.error(),
                        app::migrationExit(opened.error(), given.migration.toStdString()));
    std::optional<Screenshot> screenshot;
    if (picture) screenshot.emplace(window, given.screenshot);
    window.show();
    return QApplication::exec();
}

// A report needs fonts and no display; help and the version are also read where there is none.
bool needsNoDisplay(int argc, char** argv) {
    return std::any_of(argv, argv + argc, [](std::string_view word) {
        return word.starts_with("--write-report") || word == "-h" || word == "--help" ||
               word == "-V" || word == "--version";
    });
}

int run(int argc, char** argv) {
    if (needsNoDisplay(argc, argv)) ::setenv("QT_QPA_PLATFORM", "offscreen", 1);
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("ringscope"));
    QCoreApplication::setApplicationName(QStringLiteral("ringscope"));
    QGuiApplication::setDesktopFileName(QStringLiteral("ringscope"));
    const Result<GuiOptions> options = readGuiOptions(QCoreApplication::arguments());
    if (!options.ok()) {
        std::cerr << "ringscope-gui: " << options.error().message << '\n';
        return Usage;
    }
    if (options->help) std::cout << guiHelp().toStdString();
    if (options->version) std::cout << "ringscope-gui " << version() << '\n';
    if (options->help || options->version) return Ok;
    return options->report.isEmpty() ? showWindow(*options) : writeReportOnly(*options);
}

}  // namespace
}  // namespace ringscope::gui

int main(int argc, char** argv) { return ringscope::gui::run(argc, argv); }
