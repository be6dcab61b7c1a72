// What was opened lately, the newest first, kept in the user's settings. Free of widgets.
#pragma once

#include <QString>
#include <vector>

class QSettings;

namespace ringscope::ui {

struct RecentFile {
    QString kind;  // a name that the caller understands
    QString path;
    bool operator==(const RecentFile&) const = default;
};

class RecentFiles {
public:
    static constexpr std::size_t most = 12;

    // Kept as long as this lives where there are no settings. The settings outlive it.
    explicit RecentFiles(QSettings* settings);

    const std::vector<RecentFile>& files() const { return files_; }
    void add(const RecentFile& file);  // to the top
    void forget(const QString& path);
    void clear();

private:
    void keep() const;

    QSettings* settings_;
    std::vector<RecentFile> files_;
};

}  // namespace ringscope::ui
