// ringscope plan packing: what packed documents give each rank to do.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/plan_verbs.h"
#include "app/cli/progress.h"
#include "backend/config/field_table.h"
#include "backend/core/files.h"
#include "backend/model/npy.h"
#include "backend/report/prediction_text.h"
#include "backend/text/token_text.h"

#include <CLI/App.hpp>

#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

struct PackingArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string length;  // empty: the experiment's, or of lengths alone 64k
    std::int64_t ranks = 8;
    bool json = false;
};

struct Documents {
    std::vector<std::int64_t> lengths{};
    std::int64_t sequenceTokens = 65536;
};

// Those of an experiment's data, as its runs would read them; of several, the first one's.
Result<Documents> ofExperiment(const PackingArguments& arguments, bool quiet) {
    RINGSCOPE_TRY(const Experiment experiment,
                  readExperimentFile(arguments.file, arguments.overrides));
    RunConfig config = expandRuns(experiment).front().config;
    config.data.packing = true;  // what is asked is what that would bring
    const ReadingShown reading(quiet);
    RINGSCOPE_TRY(const TokenText text, TokenText::open(config, reading.options()));
    Documents documents{.sequenceTokens = config.train.seqLen};
    for (std::int64_t number = 0; number < text.documents(); ++number)
        documents.lengths.push_back(text.document(number).size());
    return documents;
}

Result<Documents> ofLengths(const PackingArguments& arguments) {
    if (!arguments.overrides.empty())
        return Error{ErrorCode::InvalidConfig,
                     "--set is for experiments; a list of lengths has no fields"};
    Documents documents;
    if (arguments.file.ends_with(".npy")) {
        RINGSCOPE_TRY(NpyIntegers numbers, readNpyIntegers(arguments.file));
        RINGSCOPE_TRY(documents.lengths,
                      documentLengths(arguments.file, std::move(numbers.values)));
        return documents;
    }
    const bool piped = arguments.file == "-";
    RINGSCOPE_TRY(const std::string text,
                  piped ? readStandardInput() : readTextFile(arguments.file));
    RINGSCOPE_TRY(documents.lengths,
                  readDocumentLengths(piped ? "standard input" : arguments.file, text));
    return documents;
}

int planPacking(const PackingArguments& arguments, const GlobalOptions& global) {
    Result<Documents> documents = isExperimentFile(arguments.file)
                                      ? ofExperiment(arguments, global.quiet)
                                      : ofLengths(arguments);
    if (!documents.ok())
        return documents.error().code == ErrorCode::Cancelled ? fail(documents.error(), Interrupted)
                                                              : fail(documents.error());
    if (!arguments.length.empty()) {
        RunConfig length;
        if (const Result<void> set = findField("train.seq_len")->set(length, arguments.length);
            !set.ok())
            return fail(Error{set.error()}.in("--seq-len"), Usage);
        documents->sequenceTokens = length.train.seqLen;
    }
    const auto ranks = static_cast<int>(arguments.ranks);
    const Result<PackingReport> report =
        packDocuments(documents->lengths, documents->sequenceTokens, ranks);
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
                     "an experiment, whose data is read; or lengths of documents, or where they "
                     "begin, as text or .npy; - reads standard input")
        ->required();
    verb->add_option("-s,--set", arguments->overrides, "a field's value: data.source=talks.jsonl")
        ->type_name("PATH=VALUE");
    verb->add_option("--seq-len", arguments->length,
                     "tokens of a packed sequence (default: the experiment's, or 64k)")
        ->type_name("TOKENS");
    verb->add_option("--ranks", arguments->ranks, "ranks that share a sequence (default: 8)")
        ->type_name("N")
        ->check(wholeNumber(1, 1024));
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope plan packing lengths.txt --seq-len 128k --ranks 8",
                         "five ways to deal tokens out"},
                        {"ringscope plan packing sft.yaml --ranks 4", "of an experiment's data"},
                        {"cut -f2 index.tsv | ringscope plan packing - --json",
                         "lengths from a column of a table"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return planPacking(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
