// ringscope plan packing: what packed documents give each rank to do.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/plan_verbs.h"
#include "backend/config/field_table.h"
#include "backend/core/files.h"
#include "backend/report/prediction_text.h"

#include <CLI/App.hpp>

#include <memory>

namespace ringscope::cli {
namespace {

struct PackingArguments {
    std::string file;
    std::string length = "64k";
    std::int64_t ranks = 8;
    bool json = false;
};

int planPacking(const PackingArguments& arguments) {
    RunConfig length;
    if (const Result<void> set = findField("train.seq_len")->set(length, arguments.length);
        !set.ok())
        return fail(Error{set.error()}.in("--seq-len"), Usage);
    const bool piped = arguments.file == "-";
    const Result<std::string> text = piped ? readStandardInput() : readTextFile(arguments.file);
    if (!text.ok()) return fail(text.error());
    const Result<std::vector<std::int64_t>> documents =
        readDocumentLengths(piped ? "standard input" : arguments.file, *text);
    if (!documents.ok()) return fail(documents.error());
    const auto ranks = static_cast<int>(arguments.ranks);
    const Result<PackingReport> report = packDocuments(*documents, length.train.seqLen, ranks);
    if (!report.ok()) return fail(report.error());
    if (arguments.json)
        printData(packingJson(arguments.file, *report, ranks));
    else
        printText(packingText(*report, ranks));
    return Ok;
}

}  // namespace

void addPlanPacking(CLI::App& plan, Command& command) {
    CLI::App* verb = plan.add_subcommand(
        "packing", "what packed documents give each rank to do, by how tokens are dealt out");
    auto arguments = std::make_shared<PackingArguments>();
    verb->add_option("FILE", arguments->file,
                     "lengths of documents, or where they begin; - reads standard input")
        ->required();
    verb->add_option("--seq-len", arguments->length, "tokens of a packed sequence (default: 64k)")
        ->type_name("TOKENS");
    verb->add_option("--ranks", arguments->ranks, "ranks that share a sequence (default: 8)")
        ->type_name("N")
        ->check(wholeNumber(1, 1024));
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope plan packing lengths.txt --seq-len 128k --ranks 8",
                         "five ways to deal tokens out"},
                        {"cut -f2 index.tsv | ringscope plan packing - --json",
                         "lengths from a column of a table"}});
    verb->callback(
        [arguments, &command] { command.action = [=] { return planPacking(*arguments); }; });
}

}  // namespace ringscope::cli
