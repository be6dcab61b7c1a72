#include "ui/live/report_writer.h"

#include "backend/report/report.h"
#include "ui/print/pdf_report.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>

namespace ringscope::ui {
namespace {

Result<void> render(const std::vector<RunRecord>& runs, const std::filesystem::path& store,
                    const std::filesystem::path& file) {
    RINGSCOPE_TRY(Report report, makeReport({}, runs));
    addRecordings(report, store);
    if (isPdfName(file)) return writePdf(report, file);
    return writeReport(report, file);
}

}  // namespace

ReportWriter::ReportWriter(StoreReader& store, QObject* parent) : QObject(parent), store_(store) {}

void ReportWriter::write(const std::vector<RunId>& runs, const std::filesystem::path& file,
                         const std::optional<RunId>& baseline) {
    store_.load(runs, this, [this, file, baseline](Result<std::vector<RunRecord>> loaded) {
        if (!loaded.ok()) {
            Q_EMIT failed(text(loaded.error().message));
            return;
        }
        if (baseline) markBaseline(*loaded, {*baseline});
        const auto finish = [self = QPointer<ReportWriter>(this), file](const Result<void>& done) {
            if (!self) return;
            if (done.ok())
                Q_EMIT self->written(text(file.string()));
            else
                Q_EMIT self->failed(text(done.error().message));
        };
        const auto work = [runs = std::move(*loaded), store = store_.path(), file, finish] {
            const Result<void> done = render(runs, store, file);
            // qApp outlives the pool's work; whether the writer still lives is asked over there.
            QMetaObject::invokeMethod(
                QCoreApplication::instance(), [finish, done] { finish(done); },
                Qt::QueuedConnection);
        };
        QThreadPool::globalInstance()->start(work);
    });
}

}  // namespace ringscope::ui
