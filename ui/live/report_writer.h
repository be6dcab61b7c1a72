// Writes runs as a report file, off the window's thread: the runs are read, compared and rendered,
// and only then is the user told.
#pragma once

#include "ui/live/store_reader.h"

#include <QObject>
#include <filesystem>
#include <optional>

namespace ringscope::ui {

class ReportWriter : public QObject {
    Q_OBJECT

public:
    explicit ReportWriter(StoreReader& store, QObject* parent = nullptr);

    // The format follows the file's extension. Ends in written() or failed(), once. `baseline`: a
    // run in place of what the experiment's file says.
    void write(const std::vector<RunId>& runs, const std::filesystem::path& file,
               const std::optional<RunId>& baseline = std::nullopt);

Q_SIGNALS:
    void written(const QString& file);
    void failed(const QString& reason);

private:
    StoreReader& store_;
};

}  // namespace ringscope::ui
