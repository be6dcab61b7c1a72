#include "app/gui/report_only.h"

#include "app/exit_codes.h"
#include "backend/report/report.h"
#include "backend/store/store.h"
#include "ui/print/pdf_report.h"

#include <iostream>
#include <memory>

namespace ringscope::gui {
namespace {

Result<void> writeReport(const GuiOptions& given) {
    const std::filesystem::path file = given.report.toStdString();
    const std::filesystem::path path = given.store.isEmpty()
                                           ? defaultStorePath()
                                           : std::filesystem::path(given.store.toStdString());
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, Store::open(path, Store::Access::ReadOnly));
    std::vector<RunRecord> runs;
    for (const QString& id : given.runs) {
        RINGSCOPE_TRY(RunRecord run, store->load({id.toStdString()}));
        runs.push_back(std::move(run));
    }
    if (!given.baseline.isEmpty()) markBaseline(runs, {RunId{given.baseline.toStdString()}});
    RINGSCOPE_TRY(Report report, makeReport(given.reportTitle.toStdString(), std::move(runs)));
    addRecordings(report, path);
    return ui::writePdf(report, file);
}

}  // namespace

int writeReportOnly(const GuiOptions& given) {
    const Result<void> written = writeReport(given);
    if (written.ok()) return app::Ok;
    std::cerr << "ringscope-gui: " << written.error().message << '\n';
    return app::exitFor(written.error().code);
}

}  // namespace ringscope::gui
