// ringscope migrate FILE: an old training configuration as an experiment, with a verdict per key.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/output_file.h"
#include "app/cli/verbs.h"
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/migration.h"
#include "backend/migration/migration_report.h"
#include "backend/migration/migration_text.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>

namespace ringscope::cli {
namespace {

namespace fs = std::filesystem;

struct MigrateArguments {
    std::string file;
    std::string output;
    std::string report;
    std::vector<std::string> answers;  // "packing=apart"
    bool acceptDefaults = false;
    bool force = false;
    bool json = false;
};

constexpr Exit decisionsNeeded = Partial;

Result<MigrationAnswers> readAnswers(const MigrateArguments& arguments) {
    MigrationAnswers answers{.options = {}, .acceptDefaults = arguments.acceptDefaults};
    for (const std::string& text : arguments.answers) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
            return Error{ErrorCode::InvalidConfig,
                         "--decide: expected ID=OPTION like packing=apart; got '" + text + "'"};
        answers.options[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return answers;
}

// The source stays as it is, whatever names lead to it; another file is replaced only on demand.
Result<void> checkOutput(const MigrateArguments& arguments, const Migration& migration) {
    std::error_code ignored;
    if (!replacesAFile(arguments.output)) return {};
    if (fs::equivalent(arguments.file, arguments.output, ignored))
        return Error{ErrorCode::InvalidConfig,
                     "the source '" + arguments.file + "' is never changed; give -o another name"};
    RINGSCOPE_TRY(const std::string there, readTextFile(arguments.output));
    if (there == migration.experiment || arguments.force) return {};
    sayText(unifiedDiff(arguments.output, there, "migrated", migration.experiment));
    return Error{ErrorCode::InvalidConfig, "'" + arguments.output +
                                               "' exists and differs; use --force to replace it, "
                                               "or give -o another name"};
}

Result<void> writeExperiment(const MigrateArguments& arguments, const Migration& migration) {
    if (replacesAFile(arguments.output)) {
        const Result<std::string> there = readTextFile(arguments.output);
        if (there.ok() && *there == migration.experiment) return {};
    }
    return writeOutput(arguments.output, migration.experiment);
}

int openDecisions(const Migration& migration) {
    say(openDecisionsWords(migration));
    return decisionsNeeded;
}

// Everything that can be refused is looked at before anything is written.
int deliver(const MigrateArguments& arguments, const MigrationInput& input,
            const Migration& migration) {
    const bool write = !arguments.output.empty() && migration.decided();
    if (write)
        if (const Result<void> free = checkOutput(arguments, migration); !free.ok())
            return fail(free.error(), BadConfig);
    if (!arguments.report.empty()) {
        const auto format = migrationReportFormatFor(arguments.report);
        const Result<void> written =
            writeOutput(arguments.report, (*format)->write(input, migration));
        if (!written.ok()) return fail(written.error());
    }
    if (write)
        if (const Result<void> written = writeExperiment(arguments, migration); !written.ok())
            return fail(written.error());
    if (arguments.json)
        printData(migrationJson(input, migration));
    else if (write)
        printData(arguments.output + '\n');
    else if (migration.decided() && arguments.output.empty())
        printData(migration.experiment);
    return migration.decided() ? Ok : openDecisions(migration);
}

bool sameFile(const std::string& a, const std::string& b) {
    std::error_code ignored;
    return fs::equivalent(a, b, ignored) ||
           fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

int migrateFile(const MigrateArguments& arguments, const GlobalOptions& global) {
    if (!arguments.report.empty()) {
        if (const auto format = migrationReportFormatFor(arguments.report); !format.ok())
            return fail(format.error(), Usage);
        for (const std::string& other : {arguments.file, arguments.output})
            if (!other.empty() && sameFile(arguments.report, other))
                return fail({ErrorCode::InvalidConfig, "'" + other + "' is not to be replaced by " +
                                                           "the report; give it another name"},
                            Usage);
    }
    for (const std::string& output : {arguments.output, arguments.report})
        if (!output.empty())
            if (const Result<void> free = checkOutputFile(output); !free.ok())
                return fail(free.error());
    const Result<MigrationAnswers> answers = readAnswers(arguments);
    if (!answers.ok()) return fail(answers.error(), Usage);
    const Result<MigrationInput> input = openSource(arguments.file);
    if (!input.ok())
        return fail(input.error(),
                    input.error().code == ErrorCode::InvalidConfig ? BadConfig : NotFound);
    const Result<Migration> migration = migrate(*input, *answers);
    if (!migration.ok()) return fail(migration.error(), BadConfig);
    if (!migration->refusedAnswers.empty())
        return fail({ErrorCode::InvalidConfig, "--decide: " + migration->refusedAnswers.front()},
                    Usage);
    if (!arguments.json && !global.quiet) sayText(migrationText(*input, *migration));
    if (!global.quiet) sayText(migrationRemarks(*migration));
    return deliver(arguments, *input, *migration);
}

}  // namespace

void addMigrateVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("migrate", "an old training configuration as an experiment");
    auto arguments = std::make_shared<MigrateArguments>();
    verb->add_option("FILE", arguments->file,
                     "LLaMA-Factory YAML, DeepSpeed JSON, … ; it is never changed")
        ->required();
    verb->add_option("-o,--output", arguments->output,
                     "the experiment; standard output where it is missing")
        ->type_name("FILE");
    verb->add_option("--report", arguments->report, "every verdict: out.md, out.html or out.json")
        ->type_name("FILE");
    verb->add_option("--decide", arguments->answers, "answer a decision: --decide packing=apart")
        ->type_name("ID=OPTION")
        ->allow_extra_args(false);
    verb->add_flag("--accept-defaults", arguments->acceptDefaults,
                   "take the default of every decision that is not answered");
    verb->add_flag("--force", arguments->force, "replace an existing output");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(
        *verb,
        {{"ringscope migrate old.yaml -o new.yaml", "the experiment; says what is open"},
         {"ringscope migrate old.yaml --decide packing=apart -o new.yaml", "answers a decision"},
         {"ringscope migrate ds.json --accept-defaults --report verdicts.html",
          "every key and why"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return migrateFile(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
