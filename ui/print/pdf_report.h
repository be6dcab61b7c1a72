// A comparison on paper: what the HTML page says, unfolded, as a PDF.
#pragma once

#include "backend/report/report.h"
#include "ui/print/paper.h"

#include <QByteArray>
#include <filesystem>

namespace ringscope::ui {

struct PdfPages {
    QByteArray bytes;
    int pages = 0;
    std::vector<Paper::Placed> placed;  // every text, for tests
};

// Needs a QGuiApplication, for its fonts. May be called from any thread.
PdfPages renderPdf(const Report& report);

Result<void> writePdf(const Report& report, const std::filesystem::path& file);

}  // namespace ringscope::ui
