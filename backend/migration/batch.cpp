#include "backend/migration/batch.h"

#include "backend/migration/migration_report.h"

#include <set>

namespace ringscope {
namespace {

Result<Migration> migrateOne(FileOutcome& outcome, const SourceOptions& options,
                             const std::string& kind, const MigrationAnswers& answers) {
    RINGSCOPE_TRY(outcome.input, openSource(outcome.path, options));
    outcome.input.kind = kind;
    return migrate(outcome.input, answers);
}

}  // namespace

Batch migrateAll(const std::vector<NamedSource>& sources, const SourceOptions& options,
                 const std::string& kind, const MigrationAnswers& answers) {
    Batch batch;
    for (const NamedSource& source : sources) {
        FileOutcome outcome{.path = source.path};
        Result<Migration> migration = migrateOne(outcome, options, kind, answers);
        if (migration.ok())
            outcome.migration = std::move(migration).value();
        else
            outcome.error = migration.error();
        const bool foreign =
            source.fromFolder && outcome.error && outcome.error->code == ErrorCode::NotFound;
        if (foreign)
            ++batch.others;
        else
            batch.files.push_back(std::move(outcome));
    }
    std::set<std::string> named;
    for (const FileOutcome& outcome : batch.files)
        for (const FileOutcome& other : batch.files)
            if (&other != &outcome && !other.error && isCompanionOf(outcome.path, other.input))
                named.insert(outcome.path);
    std::erase_if(batch.files,
                  [&](const FileOutcome& outcome) { return named.contains(outcome.path); });
    return batch;
}

std::string outcomeWords(const FileOutcome& outcome) {
    if (outcome.error) return outcome.path + ": " + outcome.error->message;
    std::string words = outcome.path + ": " + outcome.migration.source.kind + ", " +
                        summaryWords(outcome.migration);
    std::string open;
    for (const Decision& decision : outcome.migration.decisions)
        if (!decision.answered) open += (open.empty() ? "; open: " : ", ") + decision.id;
    return words + open;
}

std::string totalsWords(const Batch& batch) {
    MigrationSummary all;
    std::size_t unread = 0;
    for (const FileOutcome& outcome : batch.files) {
        if (outcome.error) ++unread;
        const MigrationSummary one = summaryOf(outcome.migration);
        all.needed += one.needed;
        all.carried += one.carried;
        all.housekeeping += one.housekeeping;
    }
    return std::to_string(batch.files.size() - unread) + " files read, " + std::to_string(unread) +
           " not; " + std::to_string(all.carried) + " of " + std::to_string(all.needed) +
           " needed keys carried or asked about, " + std::to_string(all.housekeeping) +
           " housekeeping" +
           (batch.others > 0
                ? "; " + std::to_string(batch.others) + " other files are no configurations"
                : "");
}

}  // namespace ringscope
