// ringscope report RUN... -o FILE: a comparison as a file.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/output_file.h"
#include "app/cli/report_file.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/core/text.h"
#include "backend/report/report.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

struct ReportArguments {
    std::vector<std::string> runs;
    std::string file;
    std::string title;  // empty: made from the names of the experiments
    std::string baseline;
};

int report(const ReportArguments& arguments, const GlobalOptions& global) {
    // What cannot be written is refused before the store is touched.
    if (const Result<void> named = checkReportName(arguments.file); !named.ok())
        return fail(named.error(), Usage);
    if (const Result<void> free = checkOutputFile(arguments.file); !free.ok())
        return fail(free.error());
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    if (const Result<void> whole = requireWhole(**store); !whole.ok())
        return failStore(whole.error());
    Result<std::vector<RunRecord>> runs =
        loadSelected(**store, arguments.runs, RunNeed::Finished, global);
    if (!runs.ok()) return failStore(runs.error());
    if (!arguments.baseline.empty())
        if (const Result<void> marked = chooseBaseline(**store, *runs, arguments.baseline);
            !marked.ok())
            return failStore(marked.error());
    const Result<void> written = writeReportFile({.runs = std::move(*runs),
                                                  .store = (*store)->path(),
                                                  .title = arguments.title,
                                                  .baselineChosen = !arguments.baseline.empty()},
                                                 arguments.file);
    if (!written.ok()) return fail(written.error());
    printData(arguments.file + '\n');
    return Ok;
}

}  // namespace

void addReportVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("report", "write a comparison as a file for people or programs");
    auto arguments = std::make_shared<ReportArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_option(
            "-o,--output", arguments->file,
            "the file; its name ends in one of " + join(reportExtensions(), ", ") + ", .pdf")
        ->required()
        ->type_name("FILE");
    verb->add_option("--baseline", arguments->baseline, "what the others are compared with")
        ->type_name("RUN");
    verb->add_option("--title", arguments->title, "the report's heading (default: the experiment)");
    addExamples(*verb, {{"ringscope report -o report.html", "of the newest experiment; one file"},
                        {"ringscope report demo/ring demo/zigzag -o two.md", "of two runs"},
                        {"ringscope report -o report.pdf", "on paper; needs ringscope-gui"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return report(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
