// Opens what a user hands over where it belongs, by what is in it: an experiment on New run, a
// trace on Traces, another program's configuration on Migrate, a store in a window of its own.
//
// It takes what is dropped anywhere on the window, before the widget under the mouse does, and
// keeps the list of what was opened lately.
#pragma once

#include "ui/live/place_kind.h"
#include "ui/models/recent_files.h"

#include <QObject>
#include <filesystem>
#include <functional>

class QDropEvent;
class QMenu;
class QSettings;
class QWidget;

namespace ringscope::ui {

// Open one kind of place each; answer why it cannot be, or nothing.
struct PlaceOpeners {
    std::function<QString(const QString& file)> experiment;
    std::function<QString(const QString& place)> trace;
    std::function<QString(const QString& file)> configuration;
    std::function<QString(const QStringList& paths)> configurations;  // files and folders
    std::function<QString(const QString& file)> store;
};

class FileOpener : public QObject {
    Q_OBJECT

public:
    // `store` is the one the window shows. Window and settings outlive this.
    FileOpener(QWidget& window, std::filesystem::path store, QSettings* settings,
               PlaceOpeners openers);

    // Empty, or why it was not opened.
    QString open(const QString& path);
    void remember(const Place& place);
    const RecentFiles& recent() const { return recent_; }
    // What was opened lately, made anew each time the menu is about to be shown.
    void fillMenu(QMenu& menu);

Q_SIGNALS:
    void messageReady(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void drop(const QDropEvent& event);
    // Several files, or a folder, of which at least one may be migrated and none is of ours.
    bool areConfigurations(const QStringList& paths) const;
    void openRecent(const RecentFile& file);

    QWidget& window_;
    std::filesystem::path store_;
    RecentFiles recent_;
    PlaceOpeners openers_;
};

}  // namespace ringscope::ui
