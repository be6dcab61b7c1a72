// What the fuzzers have found and been given, replayed with the compiler everything is built with.
#include "backend/core/files.h"
#include "tests/fuzz/targets.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using Target = void (*)(const std::uint8_t* data, std::size_t size);

void replay(const char* corpus, Target target) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(RINGSCOPE_CORPUS) / corpus))
        files.push_back(entry.path());
    std::ranges::sort(files);
    ASSERT_FALSE(files.empty());
    for (const std::filesystem::path& file : files) {
        SCOPED_TRACE(file.filename());
        const std::string bytes = readFile(file).value();
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        target(data, bytes.size());
        // Cut off at some places too: what a killed writer leaves.
        for (std::size_t part = 1; part < 16; ++part) target(data, bytes.size() * part / 16);
    }
}

TEST(FuzzCorpus, OfTraceFilesBreaksNothing) { replay("trace_file", fuzz::traceFile); }
TEST(FuzzCorpus, OfChromeTracesBreaksNothing) { replay("chrome_import", fuzz::chromeImport); }
TEST(FuzzCorpus, OfFlightDumpsBreaksNothing) { replay("flight_dump", fuzz::flightDump); }
TEST(FuzzCorpus, OfTensorFilesBreaksNothing) { replay("tensor_file", fuzz::tensorFile); }
TEST(FuzzCorpus, OfModelConfigsBreaksNothing) { replay("model_config", fuzz::modelConfig); }
TEST(FuzzCorpus, OfExperimentsBreaksNothing) { replay("experiment", fuzz::experimentFile); }
TEST(FuzzCorpus, OfSettingsBreaksNothing) { replay("setting", fuzz::setting); }
TEST(FuzzCorpus, OfHostfilesBreaksNothing) { replay("hostfile", fuzz::hostFile); }
TEST(FuzzCorpus, OfFramesBreaksNothing) { replay("frames", fuzz::frames); }
TEST(FuzzCorpus, OfMigrationsBreaksNothing) { replay("migration", fuzz::migrationSource); }
TEST(FuzzCorpus, OfTomlSourcesBreaksNothing) { replay("toml_source", fuzz::tomlSource); }
TEST(FuzzCorpus, OfShellSourcesBreaksNothing) { replay("shell_source", fuzz::shellSource); }
TEST(FuzzCorpus, OfPythonSourcesBreaksNothing) { replay("python_source", fuzz::pythonSource); }
TEST(FuzzCorpus, OfQueriesBreaksNothing) { replay("query", fuzz::query); }
TEST(FuzzCorpus, OfSelectorsBreaksNothing) { replay("selector", fuzz::selector); }
TEST(FuzzCorpus, OfTokenizersBreaksNothing) { replay("tokenizer", fuzz::tokenizerJson); }
TEST(FuzzCorpus, OfSentencePieceModelsBreaksNothing) {
    replay("sentence_piece", fuzz::sentencePiece);
}

}  // namespace
}  // namespace ringscope
