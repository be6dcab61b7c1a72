#include "ui/models/recent_files.h"

#include <QSettings>
#include <QStringList>
#include <algorithm>

namespace ringscope::ui {
namespace {

const QString recentKey = QStringLiteral("recent");

}  // namespace

// An entry is "experiment /home/me/four modes.yaml".
RecentFiles::RecentFiles(QSettings* settings) : settings_(settings) {
    if (settings_ == nullptr) return;
    for (const QString& entry : settings_->value(recentKey).toStringList()) {
        const qsizetype blank = entry.indexOf(QLatin1Char(' '));
        if (blank <= 0 || files_.size() == most) continue;
        files_.push_back({entry.left(blank), entry.mid(blank + 1)});
    }
}

void RecentFiles::add(const RecentFile& file) {
    std::erase_if(files_, [&](const RecentFile& known) { return known.path == file.path; });
    files_.insert(files_.begin(), file);
    if (files_.size() > most) files_.resize(most);
    keep();
}

void RecentFiles::forget(const QString& path) {
    std::erase_if(files_, [&](const RecentFile& known) { return known.path == path; });
    keep();
}

void RecentFiles::clear() {
    files_.clear();
    keep();
}

void RecentFiles::keep() const {
    if (settings_ == nullptr) return;
    QStringList entries;
    for (const RecentFile& file : files_) entries << file.kind + QLatin1Char(' ') + file.path;
    settings_->setValue(recentKey, entries);
}

}  // namespace ringscope::ui
