// How fast a tokenizer encodes: seconds for each round, of documents of about 2,000 characters.
//
//     tokenizer_bench TOKENIZER TEXT [ROUNDS]      a JSON object; against_tokenizers.py reads it
#include "backend/core/files.h"
#include "backend/text/tokenizer.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {
namespace {

double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<std::string_view> documentsOf(std::string_view text) {
    constexpr std::size_t characters = 2000;
    std::vector<std::string_view> documents;
    std::size_t begin = 0;
    std::size_t count = 0;
    forEachCharacter(text, [&](char32_t, TextRange range) {
        if (++count < characters && range.end < text.size()) return;
        documents.push_back(slice(text, {begin, range.end}));
        begin = range.end;
        count = 0;
    });
    return documents;
}

int measure(const char* name, const char* file, int rounds) {
    const auto begin = std::chrono::steady_clock::now();
    const Result<Tokenizer> tokenizer = Tokenizer::load(name);
    const double loading = secondsSince(begin);
    const Result<std::string> text = readFile(file);
    if (!tokenizer.ok() || !text.ok()) {
        const Error& error = tokenizer.ok() ? text.error() : tokenizer.error();
        std::fprintf(stderr, "%s\n", error.message.c_str());
        return 1;
    }
    const std::vector<std::string_view> documents = documentsOf(*text);
    std::string seconds;
    std::size_t ids = 0;
    for (int round = 0; round < rounds; ++round) {
        const auto started = std::chrono::steady_clock::now();
        ids = 0;
        for (const std::string_view document : documents)
            ids += tokenizer->encode(document).value().size();
        seconds += (round == 0 ? "" : ", ") + std::to_string(secondsSince(started));
    }
    std::printf("{\"load_s\": %.3f, \"bytes\": %zu, \"ids\": %zu, \"seconds\": [%s]}\n", loading,
                text->size(), ids, seconds.c_str());
    return 0;
}

}  // namespace
}  // namespace ringscope

int main(int count, char** words) {
    if (count < 3) {
        std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER TEXT [ROUNDS]\n");
        return 2;
    }
    return ringscope::measure(words[1], words[2], count > 3 ? std::atoi(words[3]) : 3);
}
