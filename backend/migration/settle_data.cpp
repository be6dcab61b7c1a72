// What is trained on, and whether prompts are learned.
#include "backend/config/choices.h"
#include "backend/config/data_source.h"
#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/data_names.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace ringscope {
namespace {

// What the stacks call a form of conversations.
struct TemplateName {
    std::string_view beginning;
    ChatFormat format;
};
constexpr std::array templateNames = {
    TemplateName{"llama2", ChatFormat::Llama2},
    TemplateName{"llama3", ChatFormat::Llama3},
    TemplateName{"qwen", ChatFormat::ChatMl},
    TemplateName{"chatml", ChatFormat::ChatMl},
    TemplateName{"mistral", ChatFormat::Mistral},
    TemplateName{"gemma", ChatFormat::Gemma},
    TemplateName{"phi", ChatFormat::Phi3},
    TemplateName{"deepseek", ChatFormat::DeepSeek},
    TemplateName{"alpaca", ChatFormat::Alpaca},
    TemplateName{"tokenizer_default", ChatFormat::Auto},
};

// The name of a file that Ringscope reads: as it is where it is one, else the data set's last part.
std::string fileFor(const std::string& name) {
    if (isDataFile(name)) return name;
    std::string part = std::filesystem::path(name).filename().string();
    if (part.empty()) part = "data";
    const std::string stem = std::filesystem::path(part).stem().string();
    std::string file;
    for (const char c : part.ends_with(".json") || part.ends_with(".parquet") ? stem : part)
        file += c == ' ' || c == '*' || c == '?' || c == '$' || c == '{' || c == '}' || c == ':'
                    ? '_'
                    : c;
    return file + ".jsonl";
}

bool learnsAnswers(Draft& draft) {
    const std::string* stage = draft.textOf(Role::Stage);
    if (draft.switchOf(Role::LearnsAll).value_or(false)) return false;
    const auto decided = std::ranges::find(draft.decisions, "stage", &Decision::id);
    if (decided != draft.decisions.end()) return decided->chosen == learnsAnswersOption;
    if (stage != nullptr) return toLower(*stage) == "sft";
    const KeyVerdict* const program = draft.keyOf(Role::Program);
    const std::string word = program == nullptr ? "" : toLower(program->old);
    if (word.ends_with("sft") || word.ends_with("sft_trainer") || word.ends_with("train_sft.py") ||
        word == "sft.py")
        return true;
    const std::string* data = draft.textOf(Role::Data);
    return draft.source().kind == axolotlKind && data != nullptr &&
           data->find("type: ") != std::string::npos &&
           data->find("type: completion") == std::string::npos;
}

void settleTemplate(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Template);
    if (key == nullptr) return;
    const std::string word = toLower(draft.valueOf(*key));
    const std::string* const stage = draft.textOf(Role::Stage);
    if (stage != nullptr && toLower(*stage) == "pt")
        return hold(*key, "every token of a text is learned; there are no conversations");
    if (word == "default" || word == "empty")
        return drop(*key, "data.chat_template auto follows the tokenizer's files");
    const auto known = std::ranges::find_if(
        templateNames, [&](const TemplateName& row) { return word.starts_with(row.beginning); });
    if (known == templateNames.end())
        return drop(*key,
                    "data.chat_template has no such form; auto follows the tokenizer's files");
    draft.config().data.chatTemplate = known->format;
    key->reason = "how a conversation becomes a text";
    draft.setOrigin("data.chat_template", *key);
}

// Where a file that a key names was found; else the name itself.
std::string placeOf(const Draft& draft, const std::string& name) {
    const auto found = draft.input().files.find(name);
    return found == draft.input().files.end() ? name : found->second;
}

// The names as data.source writes them: where files were found, else as they should be called.
std::string sourceOf(const Draft& draft, const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const std::string& name : names)
        if (const std::string file = fileFor(placeOf(draft, name));
            std::ranges::find(files, file) == files.end())
            files.push_back(file);
    return files.size() == 1 ? files.front() : "[" + join(files, ", ") + "]";
}

// tokenizer.json of a folder, or the file itself.
std::string tokenizerFile(const Draft& draft, const KeyVerdict& key) {
    const std::string place = placeOf(draft, key.old);
    for (const std::string_view end : {".json", ".model"})
        if (place.ends_with(end)) return place;
    return place + "/tokenizer.json";
}

std::string decideData(Draft& draft, KeyVerdict& key, const std::string& files, bool answers,
                       bool found) {
    return draft.decide(
        {.id = "data",
         .question = "the old runs trained on " + shown(key.old) + "; what should these train on?",
         .key = {},
         .options = {{"prose", "the text that ships with the program",
                      "needs no files; every token is learned, and losses are of that text"},
                     {"file", "data.source " + files,
                      std::string(found ? "the files were found; "
                                        : "documents or conversations, a JSON object a line, must "
                                          "lie there when a run starts; ") +
                          (answers ? "answers alone are learned (train.task sft, a sequence at a "
                                     "time)"
                                   : "every token is learned")}},
         .defaultOption = found ? "file" : "prose",
         .chosen = {}},
        &key);
}

// sft takes one sequence at a time, and accumulates more.
void setSft(Draft& draft) {
    TrainConfig& train = draft.config().train;
    train.task = TrainTask::Sft;
    if (train.batch == 1) return;
    constexpr std::int64_t most = 1'000'000;
    draft.notes.push_back("train.task sft takes one sequence at a time: train.batch " +
                          std::to_string(train.batch) + " becomes train.grad_accum");
    train.gradAccum = std::min(train.gradAccum * train.batch, most);
    train.batch = 1;
}

// The verdict on the key that asks for answers alone follows the one on the data.
void settleTask(Draft& draft, bool answers, const KeyVerdict* data, bool file) {
    KeyVerdict* const stage = draft.keyOf(Role::Stage);
    const bool sft = stage != nullptr && toLower(stage->old) == "sft";
    if (KeyVerdict* const all = draft.keyOf(Role::LearnsAll))
        hold(*all, "train.task lm learns every token");
    if (!sft) return;
    if (data == nullptr)
        return drop(*stage, "every token is a target here, prompts too: the file names no data");
    stage->newPath = "train.task";
    stage->verdict =
        data->verdict == Verdict::NeedsDecision ? Verdict::NeedsDecision : Verdict::Converted;
    stage->reason = file && answers
                        ? "answers alone are learned"
                        : "follows from decision data: of builtin:prose every token is learned";
    draft.setOrigin("train.task", *stage);
}

// A tokenizer's file, where there is no checkpoint with one.
void decideTokenizer(Draft& draft, KeyVerdict& key) {
    RunConfig probe;
    const std::string file = tokenizerFile(draft, key);
    if (key.old.find('$') != std::string::npos ||
        !findField("data.tokenizer")->set(probe, file).ok())
        return drop(key,
                    "tokens are bytes; data.tokenizer names a tokenizer's file: sequences hold "
                    "fewer characters of text");
    const bool found = draft.input().files.contains(key.old);
    const std::string chosen = draft.decide(
        {.id = "tokenizer",
         .question = "the old runs read text by " + shown(key.old) + "; how should these?",
         .key = {},
         .options = {{"bytes", "tokens are bytes",
                      "needs no file; a sequence holds fewer characters of text"},
                     {"file", "data.tokenizer " + file,
                      found ? "the file was found" : "the file must lie there when a run starts"}},
         .defaultOption = "bytes",
         .chosen = {}},
        &key);
    key.newPath = "data.tokenizer";
    draft.setOrigin("data.tokenizer", key);
    if (chosen == "file") draft.config().data.tokenizer = file;
}

void settleTokenizer(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Tokenizer);
    if (key == nullptr) return;
    if (draft.config().model.from) return hold(*key, "the checkpoint's own tokenizer is used");
    const KeyVerdict* const model = draft.keyOf(Role::Model);
    if (model != nullptr && model->old == key->old) {
        key->verdict = model->verdict;
        key->newPath.clear();
        key->reason = "follows from decision model: a checkpoint's own tokenizer is used";
        return;
    }
    decideTokenizer(draft, *key);
}

}  // namespace

void settleData(Draft& draft) {
    settleTemplate(draft);
    settleTokenizer(draft);
    const bool answers = learnsAnswers(draft);
    KeyVerdict* const key = draft.keyOf(Role::Data);
    bool file = false;
    const std::vector<std::string> names =
        key != nullptr ? dataNames(draft.valueOf(*key)) : std::vector<std::string>();
    const bool isSwitch = key != nullptr && parseSwitch(key->old).has_value();
    if (key != nullptr && (names.empty() || isSwitch)) {
        hold(*key, "no data set is named; builtin:prose is trained on");
    } else if (key != nullptr) {
        const std::string files = sourceOf(draft, names);
        const bool found = std::ranges::all_of(
            names, [&](const std::string& name) { return draft.input().files.contains(name); });
        file = decideData(draft, *key, files, answers, found) == "file";
        key->newPath = "data.source";
        draft.setOrigin("data.source", *key);
        RunConfig probe;
        if (file && findField("data.source")->set(probe, files).ok()) {
            draft.config().data.source = probe.data.source;
            if (answers) setSft(draft);
        }
    }
    settleTask(draft, answers, key, file);
}

}  // namespace ringscope
