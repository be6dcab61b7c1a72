// ringscope migrate PATH…: old training configurations as experiments, with a verdict per key.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/output_file.h"
#include "app/cli/verbs.h"
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/machine/machine_table.h"
#include "backend/migration/batch.h"
#include "backend/migration/costs.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/migration.h"
#include "backend/migration/migration_report.h"
#include "backend/migration/migration_text.h"
#include "backend/migration/modern_spelling.h"
#include "backend/migration/proof.h"
#include "backend/migration/source_files.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

namespace ringscope::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* migrateExplanation =
    R"(Reads configurations and scripts of other stacks: YAML, JSON, TOML, shell scripts and Python calls.
Nothing is executed. Files that name each other are read together; a folder is read with all that is
below it, one file after the other, and one that cannot be read does not stop the others.

Exit codes: 0 done, 3 a file is no configuration that is understood, 4 a file is not there, 8
decisions are open (or --strict found a key that is not carried).)";

struct MigrateArguments {
    std::vector<std::string> paths;
    std::string file;  // of paths, the one at hand
    std::string kind;
    std::vector<std::string> modelRoots;
    std::vector<std::string> dataRoots;
    std::string machine{usualMachine};  // on which a step's time is predicted
    bool strict = false;
    bool inPlace = false;
    bool prove = false;
    int phase = 0;  // of the compatibility layer; 0: not asked for
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

// Needed keys that no field and no decision takes.
bool losesKeys(const Migration& migration) {
    const MigrationSummary summary = summaryOf(migration);
    return summary.carried < summary.needed;
}

SourceOptions optionsOf(const MigrateArguments& arguments) {
    return {.modelRoots = arguments.modelRoots, .dataRoots = arguments.dataRoots};
}

Result<MigrationInput> openFile(const MigrateArguments& arguments) {
    RINGSCOPE_TRY(MigrationInput input, openSource(arguments.file, optionsOf(arguments)));
    input.kind = arguments.kind;
    return input;
}

// Runs the old way and the new way, small, on this machine; both are kept in the store. `code` is
// what the program ends with. Fails where the runs did not get that far.
Result<std::shared_ptr<const Proven>> prove(const Migration& migration, const GlobalOptions& global,
                                            int& code) {
    RINGSCOPE_TRY(Proof proof, proofOf(migration));
    for (const std::string& note : proof.notes) say("note: " + note);
    RINGSCOPE_TRY(const Experiment experiment,
                  readExperimentText("proof.yaml", proof.experiment, {}));
    if (!global.quiet) say("proof: " + proof.sides + ", with the same heads, ranks and options");
    SessionRuns session = runSession(experiment, global, {});
    code = session.exitCode;
    if (session.runs.empty() || code == Interrupted || code == Terminated)
        return Error{ErrorCode::Failed, "the proof did not run to its end"};
    return std::make_shared<const Proven>(
        Proven{experiment.name, std::move(proof.notes), std::move(session.runs)});
}

// Adds what the plan says of the experiment, its decisions and keys.
Result<void> addPlan(const MigrateArguments& arguments, const MigrationInput& input,
                     const MigrationAnswers& answers, Migration& migration) {
    RINGSCOPE_TRY(const Machine machine, findMachine(arguments.machine));
    addCosts(input, answers, machine, migration);
    return {};
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
    const Result<MigrationInput> input = openFile(arguments);
    if (!input.ok()) return fail(input.error(), app::migrationExit(input.error(), arguments.file));
    Result<Migration> migration = migrate(*input, *answers);
    if (!migration.ok())
        return fail(migration.error(), app::migrationExit(migration.error(), arguments.file));
    if (!migration->refusedAnswers.empty())
        return fail({ErrorCode::InvalidConfig, "--decide: " + migration->refusedAnswers.front()},
                    Usage);
    if (const Result<void> planned = addPlan(arguments, *input, *answers, *migration);
        !planned.ok())
        return fail(planned.error(), Usage);
    if (!arguments.json && !global.quiet) sayText(migrationText(*input, *migration));
    if (!global.quiet) sayText(migrationRemarks(*migration));
    if (arguments.strict && losesKeys(*migration)) {
        if (arguments.json) printData(migrationJson(*input, *migration));
        say("--strict: " + summaryWords(*migration) + "; nothing was written");
        return decisionsNeeded;
    }
    int code = Ok;
    if (arguments.prove && migration->decided()) {
        const Result<std::shared_ptr<const Proven>> proven = prove(*migration, global, code);
        if (!proven.ok())
            return fail(proven.error(), code == Ok ? exitFor(proven.error().code) : Exit(code));
        migration->proof = *proven;
        if (!arguments.json) printComparison(migration->proof->runs, global);
    }
    const int delivered = deliver(arguments, *input, *migration);
    return delivered == Ok ? code : delivered;
}

// OUT/one.yaml, OUT/one-2.yaml where two files have the same name.
std::string outputFor(const std::string& folder, const std::string& path,
                      std::set<std::string>& taken) {
    const std::string stem = fs::path(path).stem().string();
    std::string name = stem + ".yaml";
    for (int i = 2; !taken.insert(name).second; ++i)
        name = stem + "-" + std::to_string(i) + ".yaml";
    return (fs::path(folder) / name).string();
}

Result<std::string> writeOne(MigrateArguments arguments, const FileOutcome& outcome,
                             std::set<std::string>& taken) {
    const bool ready = outcome.migration.decided() && !arguments.output.empty() &&
                       !(arguments.strict && losesKeys(outcome.migration));
    if (!ready) return std::string();
    RINGSCOPE_CHECK(makePrivateFolder(arguments.output));
    arguments.file = outcome.path;
    arguments.output = outputFor(arguments.output, outcome.path, taken);
    RINGSCOPE_CHECK(checkOutput(arguments, outcome.migration));
    RINGSCOPE_CHECK(writeExperiment(arguments, outcome.migration));
    return arguments.output;
}

nlohmann::json outcomeJson(const FileOutcome& outcome) {
    if (outcome.error) return {{"file", outcome.path}, {"error", outcome.error->message}};
    nlohmann::json object = nlohmann::json::parse(migrationJson(outcome.input, outcome.migration));
    object["file"] = outcome.path;
    return object;
}

// What one of several files leads to: it is proved, written and told.
class FileDelivery {
public:
    FileDelivery(const MigrateArguments& arguments, const GlobalOptions& global)
        : arguments_(arguments), global_(global) {}

    void deliver(FileOutcome& outcome) {
        std::string line;
        std::string output;
        if (!outcome.error && arguments_.prove && outcome.migration.decided())
            line += proof(outcome.migration);
        if (!outcome.error) {
            Result<std::string> written = writeOne(arguments_, outcome, taken_);
            if (written.ok())
                output = std::move(written).value();
            else
                outcome.error = written.error();
        }
        if (!output.empty()) line += "; written to " + output;
        if (!global_.quiet || outcome.error) say(outcomeWords(outcome) + line);
        if (outcome.error)
            code_ = BadConfig;
        else if (code_ == Ok && (!outcome.migration.decided() ||
                                 (arguments_.strict && losesKeys(outcome.migration))))
            code_ = decisionsNeeded;
        if (!arguments_.json && !output.empty()) printData(output + '\n');
    }

    int code() const { return code_; }

private:
    std::string proof(Migration& migration) {
        int code = Ok;
        const Result<std::shared_ptr<const Proven>> proven = prove(migration, global_, code);
        if (code_ == Ok) code_ = code;
        if (!proven.ok()) return "; no proof: " + proven.error().message;
        migration.proof = *proven;
        return "; proof: " + provenWords(*migration.proof);
    }

    const MigrateArguments& arguments_;
    const GlobalOptions& global_;
    std::set<std::string> taken_{};
    int code_ = Ok;
};

int migrateFiles(const MigrateArguments& arguments, const std::vector<NamedSource>& sources,
                 const GlobalOptions& global) {
    const Result<MigrationAnswers> answers = readAnswers(arguments);
    if (!answers.ok()) return fail(answers.error(), Usage);
    if (!arguments.report.empty())
        return fail({ErrorCode::InvalidConfig,
                     "--report has one file's verdicts; name one file, or use --json"},
                    Usage);
    Batch batch = migrateAll(sources, optionsOf(arguments), arguments.kind, *answers);
    FileDelivery delivery(arguments, global);
    for (FileOutcome& outcome : batch.files) delivery.deliver(outcome);
    if (!global.quiet) say(totalsWords(batch));
    if (!arguments.json) return delivery.code();
    nlohmann::json files = nlohmann::json::array();
    for (const FileOutcome& outcome : batch.files) files.push_back(outcomeJson(outcome));
    printData(nlohmann::json({{"schema_version", 1}, {"files", files}}).dump(2) + "\n");
    return delivery.code();
}

// NAME.bak, or NAME.bak2 and so on where that is there.
std::string backupName(const std::string& file) {
    std::error_code ignored;
    std::string name = file + ".bak";
    for (int i = 2; fs::exists(fs::symlink_status(name, ignored)); ++i)
        name = file + ".bak" + std::to_string(i);
    return name;
}

Result<void> replaceInPlace(const std::string& file, const std::string& before,
                            const std::string& after) {
    const std::string backup = backupName(file);
    RINGSCOPE_CHECK(writeOutput(backup, before));
    RINGSCOPE_CHECK(writeOutput(file, after));
    say("'" + file + "' is changed; it was kept as '" + backup + "'");
    return {};
}

// The file in its own dialect: what a phase of the compatibility layer changes in it.
int modernise(const MigrateArguments& arguments, const std::string& path) {
    MigrateArguments one = arguments;
    one.file = path;
    const Result<MigrationInput> input = openFile(one);
    if (!input.ok()) return fail(input.error(), app::migrationExit(input.error(), path));
    const int phase = arguments.phase == 0 ? lastPhase - 1 : arguments.phase;
    const Result<ModernFile> modern = modernised(*input, phase);
    if (!modern.ok()) return fail(modern.error(), BadConfig);
    for (const std::string& change : modern->changes) say(path + ": " + change);
    if (modern->text == input->source.text) {
        say("'" + path + "' stays as it is: phase " + std::to_string(phase) +
            " changes nothing in it");
        return Ok;
    }
    printData(unifiedDiff(path, input->source.text, path, modern->text));
    if (!arguments.inPlace) return Ok;
    if (const Result<void> written = replaceInPlace(path, input->source.text, modern->text);
        !written.ok())
        return fail(written.error());
    return Ok;
}

int migratePaths(MigrateArguments arguments, const GlobalOptions& global) {
    const std::vector<NamedSource> sources = namedSources(arguments.paths);
    if (sources.empty())
        return fail(
            {ErrorCode::NotFound,
             "'" + arguments.paths.front() + "' has no file whose extension is of a configuration"},
            NotFound);
    if (arguments.inPlace || arguments.phase > 0) {
        int code = Ok;
        for (const NamedSource& source : sources)
            if (const int one = modernise(arguments, source.path); one != Ok) code = one;
        return code;
    }
    if (sources.size() > 1 || sources.front().fromFolder)
        return migrateFiles(arguments, sources, global);
    arguments.file = sources.front().path;
    return migrateFile(arguments, global);
}

}  // namespace

void addMigrateVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("migrate", "old training configurations as experiments");
    auto arguments = std::make_shared<MigrateArguments>();
    verb->add_option("PATH", arguments->paths,
                     "files or folders: YAML, JSON, TOML, shell scripts, Python")
        ->required();
    verb->add_option("--from", arguments->kind,
                     "what the files are; recognised where it is missing")
        ->type_name("KIND");
    verb->add_option("-o,--output", arguments->output,
                     "the experiment; a folder for those of several files")
        ->type_name("OUT");
    verb->add_option("--model-root", arguments->modelRoots,
                     "a folder with checkpoints, found by the names that files give models")
        ->type_name("DIR")
        ->allow_extra_args(false);
    verb->add_option("--data-root", arguments->dataRoots,
                     "a folder with data, found by the names that files give data sets")
        ->type_name("DIR")
        ->allow_extra_args(false);
    verb->add_option("--machine", arguments->machine,
                     "for predicted times: a name of `ringscope plan machines`, or a file")
        ->capture_default_str()
        ->type_name("NAME");
    verb->add_option("--report", arguments->report, "every verdict: out.md, out.html or out.json")
        ->type_name("FILE");
    verb->add_option("--decide", arguments->answers, "answer a decision: --decide packing=apart")
        ->type_name("ID=OPTION")
        ->allow_extra_args(false);
    verb->add_flag("--accept-defaults", arguments->acceptDefaults,
                   "take the default of every decision that is not answered");
    verb->add_flag("--strict", arguments->strict,
                   "write nothing where a needed key is neither carried nor asked about");
    verb->add_flag("--in-place", arguments->inPlace,
                   "give the files the newer spellings of their own stack; a copy is kept");
    verb->add_option("--compat-phase", arguments->phase,
                     "show what a phase of the compatibility layer, 1 to 4, changes in the files")
        ->type_name("N")
        ->check(wholeNumber(1, lastPhase));
    verb->add_flag("--prove", arguments->prove,
                   "run the old way and the new way, small, on local ranks, and compare them");
    verb->add_flag("--force", arguments->force, "replace an existing output");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(
        *verb,
        {{"ringscope migrate old.yaml -o new.yaml", "the experiment; says what is open"},
         {"ringscope migrate old.yaml --decide packing=apart -o new.yaml", "answers a decision"},
         {"ringscope migrate ds.json --accept-defaults --report verdicts.html",
          "every key and why"},
         {"ringscope migrate configs/ --accept-defaults -o experiments", "all files of a folder"},
         {"ringscope migrate old.yaml --compat-phase 3", "newer spellings, as a diff"}},
        migrateExplanation);
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return migratePaths(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
