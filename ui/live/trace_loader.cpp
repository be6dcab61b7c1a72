#include "ui/live/trace_loader.h"

#include "backend/report/run_memory.h"
#include "backend/store/nsys_trace.h"
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/chrome/import.h"
#include "ui/widgets/parts.h"

#include <utility>

namespace ringscope::ui {
namespace {

QSet<QString> foldersWithTraces(const std::filesystem::path& root) {
    QSet<QString> names;
    std::error_code failed;
    for (const auto& folder : std::filesystem::directory_iterator(root, failed)) {
        std::error_code unreadable;
        for (const auto& file : std::filesystem::directory_iterator(folder.path(), unreadable)) {
            if (file.path().extension() != ".trace") continue;
            names.insert(text(folder.path().filename().string()));
            break;
        }
    }
    return names;
}

}  // namespace

TraceLoader::TraceLoader(QObject* parent) : QObject(parent), worker_(new QObject) {
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.setObjectName(QStringLiteral("trace loader"));
    thread_.start();
}

TraceLoader::~TraceLoader() {
    ++wanted_;  // what is being read stops at the next file
    thread_.quit();
    thread_.wait();
}

// `work` is done in the loader's thread, `done` gets what it answers in the window's.
template <typename Work, typename Done>
void TraceLoader::ask(Work work, Done done) {
    ++asked_;
    QMetaObject::invokeMethod(worker_, [this, work = std::move(work), done = std::move(done)] {
        auto answer = std::make_shared<decltype(work())>(work());
        QMetaObject::invokeMethod(
            this,
            [this, done, answer] {
                --asked_;
                done(*answer);
                if (idle()) Q_EMIT idled();
            },
            Qt::QueuedConnection);
    });
}

void TraceLoader::list(const std::filesystem::path& root) {
    ask([root] { return foldersWithTraces(root); },
        [this](const QSet<QString>& runs) { Q_EMIT listed(runs); });
}

void TraceLoader::open(const std::filesystem::path& place) {
    using Answer = Result<std::shared_ptr<const OpenedTrace>>;
    const int number = ++wanted_;
    loading_ = true;
    const auto tell = [this, number](std::size_t read, std::size_t files) {
        if (!newest(number)) return false;
        QMetaObject::invokeMethod(
            this,
            [this, number, read, files] {
                if (newest(number))
                    Q_EMIT progressed(static_cast<int>(read), static_cast<int>(files));
            },
            Qt::QueuedConnection);
        return true;
    };
    ask(
        [place, tell]() -> Answer {
            RINGSCOPE_TRY(const KernelRules rules, KernelRules::known());
            RINGSCOPE_TRY(Trace trace, isNsysExport(place) ? importNsysTrace(place, rules)
                                                           : openTraceOf(place, rules, tell));
            const std::size_t files = trace.ranks.size();
            if (!tell(files, files)) return Error{ErrorCode::Cancelled, "stopped"};
            return openTrace(std::move(trace));
        },
        [this, number](const Answer& answer) {
            if (!newest(number)) return;
            loading_ = false;
            if (answer.ok())
                Q_EMIT opened(*answer);
            else
                Q_EMIT failed(text(answer.error().message));
        });
}

void TraceLoader::cancel() {
    if (!std::exchange(loading_, false)) return;
    ++wanted_;
    Q_EMIT cancelled();
}

void TraceLoader::compare(std::shared_ptr<const OpenedTrace> before, const std::string& beforeName,
                          std::shared_ptr<const OpenedTrace> after, const std::string& afterName) {
    ask(
        [before = std::move(before), beforeName, after = std::move(after), afterName] {
            return std::make_shared<const TraceDiff>(
                diffTraces(before->trace, beforeName, after->trace, afterName));
        },
        [this](const std::shared_ptr<const TraceDiff>& diff) { Q_EMIT compared(diff); });
}

void TraceLoader::readMemoryOf(const std::filesystem::path& file) {
    constexpr std::size_t columns = 800;  // about a pixel each
    const int number = ++memoryWanted_;
    ask([file] { return readMemory(file, columns); },
        [this, number](const Result<MemorySeries>& series) {
            if (number != memoryWanted_) return;
            if (series.ok())
                Q_EMIT memoryRead(std::make_shared<const MemorySeries>(*series));
            else
                Q_EMIT memoryFailed(text(series.error().message));
        });
}

void TraceLoader::exportTo(std::shared_ptr<const OpenedTrace> trace,
                           const std::filesystem::path& file) {
    ask([trace = std::move(trace), file] { return writeChromeTrace(trace->trace, file); },
        [this, file](const Result<void>& written) {
            if (written.ok())
                Q_EMIT exported(text(file.string()));
            else
                Q_EMIT exportFailed(text(written.error().message));
        });
}

}  // namespace ringscope::ui
