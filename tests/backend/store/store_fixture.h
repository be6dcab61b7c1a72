// A store in a folder of its own, runs to put into it, and SQL to read the file without it.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/files.h"
#include "backend/store/store.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ringscope::test {

using Access = Store::Access;

// Every file of a folder with its bytes: what "nothing was changed, nothing was left" means.
inline std::map<std::string, std::string> filesOf(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        files[entry.path().lexically_relative(folder).string()] =
            entry.is_regular_file() ? readFile(entry.path()).value() : "";
    return files;
}

// SQL as another program would run it; answers the last row's first column.
inline std::string sql(const std::filesystem::path& file, const std::string& text) {
    sqlite3* connection = nullptr;
    std::string answer;
    char* problem = nullptr;
    const auto take = [](void* into, int, char** values, char**) {
        *static_cast<std::string*>(into) = values[0] != nullptr ? values[0] : "NULL";
        return 0;
    };
    const bool done =
        ::sqlite3_open(file.c_str(), &connection) == SQLITE_OK &&
        ::sqlite3_exec(connection, text.c_str(), take, &answer, &problem) == SQLITE_OK;
    const std::string why = problem != nullptr ? problem : "cannot open";
    ::sqlite3_free(problem);
    ::sqlite3_close(connection);
    if (!done) throw std::runtime_error(text + ": " + why);
    return answer;
}

// Makes a store of this program one of schema 9, which knew of no run what it goes on from.
inline void forgetSchemaTen(const std::filesystem::path& file) {
    for (const char* column : {"continues", "continued_step", "lost_steps", "trained_parameters"})
        sql(file, std::string("ALTER TABLE run DROP COLUMN ") + column);
    sql(file, "PRAGMA user_version = 9");
}

// Makes a store of this program one of schema 8, which knew no predictions.
inline void forgetSchemaNine(const std::filesystem::path& file) {
    forgetSchemaTen(file);
    for (const char* column : {"predicted_step_ms", "predicted_exposed_ms", "predicted_wait_ms",
                               "calibrated_processor", "calibrated_day", "unpredicted"})
        sql(file, std::string("ALTER TABLE run DROP COLUMN ") + column);
    sql(file, "ALTER TABLE run_validation DROP COLUMN recall; PRAGMA user_version = 8");
}

// A run as RunService makes one: nothing has happened yet.
inline RunRecord newRun(std::string_view mode = "zigzag", std::string_view experiment = "sample") {
    static std::int64_t created = 1'790'000'000'000'000;
    RunRecord run;
    run.id = RunId::random();
    run.experiment = experiment;
    run.experimentId = std::string(experiment) + "-session-1";
    run.name = run.experiment + "/" + std::string(mode);
    run.config.parallel.mode = mode;
    run.config.train.steps = 4;
    run.computation = computationIdentity(run.config);
    run.ranks = 2;
    run.createdUs = ++created;
    run.predictedAttentionBytesPerStep = {4'194'304};
    run.predictedGradientBytesPerStep = {1'048'576};
    run.flopsPerStep = 2.5e10;
    run.parameters = 3'000'000;
    run.notes = {"window is not used under zigzag", "a \"second\"\nnote — ünïcode"};
    return run;
}

inline StepRecord stepNumber(std::int64_t step) {
    return {.step = step,
            .loss = 5.5 - 0.1 * static_cast<double>(step),
            .gradNorm = 1.0 / 3.0,
            .duration = Nanos(100'000'000 + 1'000'000 * step),
            .tokens = 1024};
}

inline RunRecord finished(RunRecord run) {
    run.status = RunStatus::Finished;
    run.device = "cpu";
    run.versions = "ringscope 0.1.0, torch 2.11.0, gloo";
    run.startedUs = run.createdUs + 10;
    run.endedUs = run.createdUs + 1'000'000;
    for (std::int64_t step = 0; step < run.config.train.steps; ++step)
        run.steps.push_back(stepNumber(step));
    for (int rank = 0; rank < run.ranks; ++rank)
        run.rankRecords.push_back({.rank = rank,
                                   .host = "localhost",
                                   .pid = 4000 + rank,
                                   .peakMemory = {100 << 20},
                                   .attentionBytesPerStep = {4'194'304 - rank},
                                   .gradientBytesPerStep = {1'048'576},
                                   .exitCode = 0,
                                   .endedBy = ""});
    return run;
}

class StoreTest : public ::testing::Test {
protected:
    const std::filesystem::path& folder() const { return folder_.path(); }
    std::filesystem::path file() const { return folder() / "ringscope.db"; }

    std::unique_ptr<Store> open(Access access = Access::ReadWrite) {
        Result<std::unique_ptr<Store>> store = Store::open(file(), access);
        if (!store.ok()) throw std::runtime_error(store.error().message);
        return std::move(*store);
    }

    // A finished run in the store, told the way RunService tells it.
    static RunRecord add(Store& store, const RunRecord& fresh) {
        EXPECT_TRUE(store.created(fresh).ok());
        RunRecord run = finished(fresh);
        const Result<void> ended = store.ended(run);
        EXPECT_TRUE(ended.ok()) << (ended.ok() ? "" : ended.error().message);
        return run;
    }

private:
    TemporaryFolder folder_;
};

}  // namespace ringscope::test
