// Short words for migrating texts and fixtures in tests.
#pragma once

#include "backend/config/experiment.h"
#include "backend/migration/migration.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace ringscope {

inline const MigrationAnswers defaultAnswers{.options = {}, .acceptDefaults = true};

inline MigrationInput inputOf(const std::string& text, const std::string& name = "old.yaml") {
    return {.source = {.name = name, .text = text}, .companions = {}};
}

inline Migration migrated(const MigrationInput& input, const MigrationAnswers& answers = {}) {
    Result<Migration> migration = migrate(input, answers);
    if (migration.ok()) return std::move(migration).value();
    ADD_FAILURE() << migration.error().message;
    return {};
}

inline Migration migrated(const std::string& text, const MigrationAnswers& answers = {}) {
    return migrated(inputOf(text), answers);
}

inline MigrationInput fixture(const std::string& name) {
    Result<MigrationInput> input = openSource(std::string(RINGSCOPE_FIXTURES "/") + name);
    if (input.ok()) return std::move(input).value();
    ADD_FAILURE() << input.error().message;
    return {};
}

// Files of every kind.
inline const std::vector<std::string> allFixtures = {
    "base_zigzag.yaml", "plain_sft.yaml",    "alst_fork.yaml",  "v1_cp.yaml",
    "arctic_sp8.yml",   "accelerate_sp.yml", "zero3_alone.json"};

// A 360-LLaMA-Factory file on so many ranks, with more lines. Its model is a small one.
inline std::string baseText(int ranks, const std::string& more = "") {
    return "model_name_or_path: Qwen/Qwen2.5-0.5B\n"
           "finetuning_type: full\n"
           "stage: sft\n"
           "sequence_parallel_size: " +
           std::to_string(ranks) + "\n" + more;
}

inline KeyVerdict verdictOn(const Migration& migration, const std::string& path) {
    const auto found = std::ranges::find(migration.keys, path, &KeyVerdict::path);
    if (found != migration.keys.end()) return *found;
    ADD_FAILURE() << "no verdict on " << path;
    return {};
}

inline const Decision* decisionOf(const Migration& migration, const std::string& id) {
    const auto found = std::ranges::find(migration.decisions, id, &Decision::id);
    return found == migration.decisions.end() ? nullptr : &*found;
}

inline std::vector<std::string> optionIds(const Migration& migration, const std::string& id) {
    std::vector<std::string> ids;
    const Decision* decision = decisionOf(migration, id);
    if (decision == nullptr) return {"there is no decision " + id};
    for (const DecisionOption& option : decision->options) ids.push_back(option.id);
    return ids;
}

// What the migrated experiment says, as it will be read.
inline RunConfig configOf(const Migration& migration) {
    ExperimentReading reading = readExperiment({.fileName = "new.yaml",
                                                .fileText = migration.experiment,
                                                .environment = {},
                                                .overrides = {}});
    for (const ConfigProblem& problem : reading.problems) ADD_FAILURE() << problem.text();
    return reading.experiment.base;
}

}  // namespace ringscope
