#include "backend/text/token_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view tokenMagic = "RSTOKEN1";
constexpr std::size_t word = 8;               // bytes
constexpr std::size_t bufferSize = 1U << 20;  // bytes
constexpr std::size_t endSize = 3 * word;     // hash, size, magic

// Finds damage; it is no defence against a forger. Whole words, one after another.
std::uint64_t hashWords(std::uint64_t hash, std::string_view bytes) {
    for (std::size_t at = 0; at + word <= bytes.size(); at += word) {
        std::uint64_t next = 0;
        std::memcpy(&next, bytes.data() + at, word);
        hash = (hash ^ next) * 0xd6e8feb86659fd93U;
        hash ^= hash >> 32;
    }
    return hash;
}

constexpr std::uint64_t hashStart = 0x72696e6773636f70U;

std::string padded(std::string text) {
    text.resize((text.size() + word - 1) / word * word, ' ');
    return text;
}

std::uint64_t wordAt(std::string_view bytes, std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, word);
    return value;
}

std::string factsText(const TokenFacts& facts) {
    return padded(nlohmann::json{{"tokens", facts.tokens},
                                 {"documents", facts.documents},
                                 {"bytes", facts.bytes},
                                 {"least", facts.least},
                                 {"most", facts.most},
                                 {"labelled", facts.labelled},
                                 {"answers_only", facts.answersOnly},
                                 {"padding", facts.padding},
                                 {"hash", facts.hash},
                                 {"remarks", facts.remarks}}
                      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Error damaged(std::string_view what) {
    return {ErrorCode::Corrupt, fmt::format("it is no whole file of tokens: {}", what)};
}

Result<TokenFacts> readFacts(std::string_view text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return damaged("its facts are no JSON object");
    TokenFacts facts;
    try {
        json.at("tokens").get_to(facts.tokens);
        json.at("documents").get_to(facts.documents);
        json.at("bytes").get_to(facts.bytes);
        json.at("least").get_to(facts.least);
        json.at("most").get_to(facts.most);
        json.at("labelled").get_to(facts.labelled);
        json.at("answers_only").get_to(facts.answersOnly);
        json.at("padding").get_to(facts.padding);
        json.at("hash").get_to(facts.hash);
        json.at("remarks").get_to(facts.remarks);
    } catch (const nlohmann::json::exception& error) {
        return damaged(error.what());
    }
    return facts;
}

std::size_t rounded(std::size_t bytes) { return (bytes + word - 1) / word * word; }

}  // namespace

Result<TokenParts> readTokenParts(std::string_view bytes) {
    if (bytes.size() < endSize || !bytes.ends_with(tokenMagic)) return damaged("it has no end");
    const std::uint64_t factsSize = wordAt(bytes, bytes.size() - 2 * word);
    if (factsSize > bytes.size() - endSize || factsSize % word != 0)
        return damaged("its facts have a wrong size");
    const std::size_t factsAt = bytes.size() - endSize - factsSize;
    const std::string_view text = bytes.substr(factsAt, factsSize);
    if (hashWords(hashStart, text) != wordAt(bytes, bytes.size() - endSize))
        return damaged("its facts are changed");
    TokenParts parts;
    RINGSCOPE_TRY(parts.facts, readFacts(text));
    const TokenFacts& facts = parts.facts;
    const auto most = static_cast<std::int64_t>(bytes.size());
    const bool possible =
        (facts.bytes == 1 || facts.bytes == 2 || facts.bytes == 4 || facts.bytes == 8) &&
        facts.tokens > 0 && facts.tokens <= most && facts.documents > 0 &&
        facts.documents <= facts.tokens;
    if (!possible) return damaged("its facts cannot be");
    const std::size_t tokens = rounded(static_cast<std::size_t>(facts.tokens * facts.bytes));
    const std::size_t begins = static_cast<std::size_t>(facts.documents + 1) * word;
    const std::size_t learned =
        facts.answersOnly ? rounded(static_cast<std::size_t>(facts.tokens + 7) / 8) : 0;
    if (tokens + begins + learned != factsAt) return damaged("it has another size than its facts");
    if (fmt::format("{:016x}", hashWords(hashStart, bytes.substr(0, factsAt))) != facts.hash)
        return damaged("its tokens are changed");
    parts.tokens = bytes.data();
    parts.begins = bytes.data() + tokens;
    if (facts.answersOnly) parts.learned = bytes.data() + tokens + begins;
    return parts;
}

TokenFileWriter::TokenFileWriter(std::ostream& out, int bytes, bool answersOnly)
    : out_(out),
      facts_{.bytes = bytes,
             .least = std::numeric_limits<std::int64_t>::max(),
             .most = std::numeric_limits<std::int64_t>::min(),
             .answersOnly = answersOnly},
      hash_(hashStart) {}

void TokenFileWriter::add(std::span<const std::int64_t> ids, const std::vector<bool>& learned) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        facts_.least = std::min(facts_.least, ids[i]);
        facts_.most = std::max(facts_.most, ids[i]);
        const bool counts = !facts_.answersOnly || learned[i];
        facts_.labelled += counts ? 1 : 0;
        if (facts_.answersOnly) {
            const auto token = static_cast<std::size_t>(facts_.tokens);
            if (token % 8 == 0) learned_ += '\0';
            if (counts)
                learned_.back() = static_cast<char>(static_cast<unsigned char>(learned_.back()) |
                                                    (1U << (token % 8)));
        }
        ++facts_.tokens;
        char bytes[word];
        std::memcpy(bytes, &ids[i], word);  // little-endian: the low bytes come first
        buffer_.append(bytes, static_cast<std::size_t>(facts_.bytes));
    }
    begins_.push_back(facts_.tokens);
    if (buffer_.size() >= bufferSize) flush();
}

void TokenFileWriter::write(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Whole words, so that they can be hashed.
void TokenFileWriter::flush() {
    const std::string_view whole =
        std::string_view(buffer_).substr(0, buffer_.size() / word * word);
    hash_ = hashWords(hash_, whole);
    write(whole);
    buffer_.erase(0, whole.size());
}

void TokenFileWriter::align() {
    buffer_.resize(rounded(buffer_.size()), '\0');
    flush();
}

void TokenFileWriter::finish(std::int64_t padding, std::vector<std::string> remarks) {
    align();
    buffer_.assign(reinterpret_cast<const char*>(begins_.data()), begins_.size() * word);
    flush();
    buffer_ = std::move(learned_);
    align();
    facts_.documents = documents();
    facts_.padding = padding;
    facts_.remarks = std::move(remarks);
    facts_.hash = fmt::format("{:016x}", hash_);
    const std::string text = factsText(facts_);
    write(text);
    for (const std::uint64_t value : {hashWords(hashStart, text), std::uint64_t{text.size()}})
        write({reinterpret_cast<const char*>(&value), word});
    write(tokenMagic);
}

}  // namespace ringscope
