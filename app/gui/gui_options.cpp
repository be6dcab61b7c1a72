#include "app/gui/gui_options.h"

#include "backend/report/report.h"
#include "ui/pages/page_table.h"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace ringscope::gui {
namespace {

void addOptions(QCommandLineParser& parser) {
    parser.setApplicationDescription(
        QStringLiteral("Ringscope: which way of splitting the sequence is fastest, fits, and still "
                       "trains the same model."));
    parser.addOptions({
        {QStringLiteral("db"), QStringLiteral("the store to show"), QStringLiteral("FILE")},
        {QStringLiteral("experiment"),
         QStringLiteral("open an experiment file on New run and Plan"), QStringLiteral("FILE")},
        {QStringLiteral("trace"), QStringLiteral("open a folder of trace files on Traces"),
         QStringLiteral("FOLDER")},
        {QStringLiteral("migrate"), QStringLiteral("open an old configuration on Migrate"),
         QStringLiteral("FILE")},
        {QStringLiteral("page"), ui::pageNames(), QStringLiteral("NAME")},
        {QStringLiteral("theme"), QStringLiteral("system, light or dark, for this start"),
         QStringLiteral("NAME")},
        {QStringLiteral("screenshot"), QStringLiteral("write the window to a PNG file and quit"),
         QStringLiteral("FILE")},
        {QStringLiteral("size"), QStringLiteral("the window's size, like 1280x800"),
         QStringLiteral("WxH")},
        {QStringLiteral("write-report"),
         QStringLiteral("compare the runs with the ids that follow, write a PDF and quit"),
         QStringLiteral("FILE")},
        {QStringLiteral("title"), QStringLiteral("of the report"), QStringLiteral("TEXT")},
        {QStringLiteral("baseline"), QStringLiteral("of the report, an id"), QStringLiteral("RUN")},
        {{QStringLiteral("V"), QStringLiteral("version")}, QStringLiteral("print the version")},
        {{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("print this help")},
    });
}

Error usage(const QString& message) { return {ErrorCode::InvalidConfig, message.toStdString()}; }

Result<std::optional<QSize>> parseSize(const QString& given) {
    if (given.isEmpty()) return std::optional<QSize>();
    static const QRegularExpression form(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$"));
    const QRegularExpressionMatch match = form.match(given);
    if (!match.hasMatch())
        return usage(
            QStringLiteral("--size takes a width and a height like 1280x800; got '%1'").arg(given));
    return std::optional<QSize>(QSize(match.captured(1).toInt(), match.captured(2).toInt()));
}

Result<std::optional<ui::Theme>> parseTheme(const QString& given) {
    if (given.isEmpty()) return std::optional<ui::Theme>();
    const ui::Theme theme = ui::themeFromName(given);
    if (ui::themeName(theme) != given)
        return usage(QStringLiteral("--theme is system, light or dark; got '%1'").arg(given));
    return std::optional<ui::Theme>(theme);
}

}  // namespace

Result<GuiOptions> readGuiOptions(const QStringList& arguments) {
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(arguments)) return usage(parser.errorText());
    if (!parser.positionalArguments().isEmpty() && !parser.isSet(QStringLiteral("write-report")))
        return usage(QStringLiteral("unexpected argument '%1'; experiments are opened with "
                                    "--experiment FILE")
                         .arg(parser.positionalArguments().front()));
    const auto value = [&](const char* name) { return parser.value(QString::fromLatin1(name)); };
    GuiOptions options;
    options.help = parser.isSet(QStringLiteral("help"));
    options.version = parser.isSet(QStringLiteral("version"));
    options.store = value("db");
    options.experiment = value("experiment");
    options.trace = value("trace");
    options.migration = value("migrate");
    options.screenshot = value("screenshot");
    options.report = value("write-report");
    if (!options.report.isEmpty() && !isPdfName(options.report.toStdString()))
        return usage(QStringLiteral(
                         "--write-report writes a PDF; give it a name that ends in .pdf; got '%1'")
                         .arg(options.report));
    options.runs = parser.positionalArguments();
    options.reportTitle = value("title");
    options.baseline = value("baseline");
    options.page = value("page");
    if (!options.page.isEmpty() && !ui::isPageName(options.page))
        return usage(QStringLiteral("--page is %1; got '%2'").arg(ui::pageNames(), options.page));
    RINGSCOPE_TRY(options.theme, parseTheme(value("theme")));
    RINGSCOPE_TRY(options.size, parseSize(value("size")));
    return options;
}

QString guiHelp() {
    QCommandLineParser parser;
    addOptions(parser);
    return parser.helpText();
}

}  // namespace ringscope::gui
