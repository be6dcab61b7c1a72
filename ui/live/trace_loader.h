// Reads traces off the window's thread: which runs have one, and one of them made ready to be
// shown.
//
// Only the newest open() is answered, once, by opened(), failed() or, after cancel(), by
// cancelled().
#pragma once

#include "backend/analysis/memory_series.h"
#include "backend/analysis/trace_diff.h"
#include "backend/core/result.h"
#include "ui/timeline/opened_trace.h"

#include <QObject>
#include <QSet>
#include <QString>
#include <QThread>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace ringscope::ui {

class TraceLoader : public QObject {
    Q_OBJECT

public:
    explicit TraceLoader(QObject* parent = nullptr);
    ~TraceLoader() override;

    // Which folders of this one hold a trace: a run's id each. Answered by listed().
    void list(const std::filesystem::path& root);
    // A folder of trace files, or one file.
    void open(const std::filesystem::path& place);
    void cancel();
    // What the rank of a trace file held, over its recorded steps. Only the newest is answered, by
    // memoryRead() or memoryFailed().
    void readMemoryOf(const std::filesystem::path& file);
    // As Chrome trace JSON. Ends in exported() or exportFailed().
    void exportTo(std::shared_ptr<const OpenedTrace> trace, const std::filesystem::path& file);

    // What changed from one to the other. Ends in compared().
    void compare(std::shared_ptr<const OpenedTrace> before, const std::string& beforeName,
                 std::shared_ptr<const OpenedTrace> after, const std::string& afterName);

    bool idle() const { return asked_ == 0; }

Q_SIGNALS:
    void listed(const QSet<QString>& runs);
    void progressed(int read, int files);  // read == files: it is being made ready
    void opened(const std::shared_ptr<const ringscope::ui::OpenedTrace>& trace);
    void failed(const QString& reason);
    void cancelled();
    void memoryRead(const std::shared_ptr<const ringscope::MemorySeries>& series);
    void memoryFailed(const QString& reason);
    void exported(const QString& file);
    void exportFailed(const QString& reason);
    void compared(const std::shared_ptr<const ringscope::TraceDiff>& diff);
    void idled();  // the last thing asked for was answered

private:
    template <typename Work, typename Done>
    void ask(Work work, Done done);
    bool newest(int number) const { return number == wanted_.load(); }

    QThread thread_;
    QObject* worker_;  // lives in thread_
    std::atomic<int> wanted_ = 0;
    int memoryWanted_ = 0;
    int asked_ = 0;  // questions without their answer
    bool loading_ = false;
};

}  // namespace ringscope::ui
