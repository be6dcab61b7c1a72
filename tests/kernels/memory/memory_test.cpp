// What a rank is predicted to hold (backend/memory) against what it holds. This program starts
// itself once for each rank; as a rank it trains one small model after the other and compares.
#include "backend/config/mode_names.h"
#include "backend/memory/step_program.h"
#include "backend/model/linear_layers.h"
#include "backend/plan/batch_schedule.h"
#include "backend/plan/blocks.h"
#include "backend/plan/key_choices.h"
#include "backend/plan/mode_table.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/model/products.h"
#include "tests/kernels/memory/measured_memory.h"
#include "tests/kernels/memory/told_memory.h"
#include "tests/support/covering.h"

#include <ATen/Parallel.h>
#include <c10/util/StringUtil.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>

extern char** environ;

namespace ringscope {
namespace {

using test::measuredMemory;

constexpr const char* rankArgument = "--as-rank";

struct MemoryCase {
    std::string name;
    RunConfig config;
};

ModelConfig llama() {
    ModelConfig model;
    model.layers = 3;
    model.hiddenSize = 64;
    model.heads = 4;
    model.kvHeads = 2;
    model.ffnSize = 172;
    model.vocabSize = 256;
    return model;
}

ModelConfig modelOf(const std::string& family) {
    ModelConfig model = llama();
    if (family == "gemma") {
        model.normPlace = NormPlace::Both;
        model.gainFromOne = true;
        model.qkNorm = QkNorm::Head;
        model.ffn = FeedForwardKind::Geglu;
        model.tiedHead = true;
        model.logitSoftcap = 30;
    } else if (family == "experts") {
        // Every expert gets all tokens, so that nothing is up to the routers.
        model.experts = {.count = 4, .perToken = 4, .size = 48, .normalized = true};
    } else if (family == "mla") {
        model.attention = AttentionKind::Mla;
        model.latent = {.size = 24, .plainSize = 8, .rotarySize = 4, .valueSize = 8};
    } else if (family == "nsa") {
        model.attention = AttentionKind::Nsa;
        model.heads = 8;
        model.kvHeads = 4;
        model.nsa = {
            .block = 32, .stride = 16, .selectBlock = 64, .selected = 5, .local = 2, .window = 128};
    }
    return model;
}

std::vector<std::string> modesFor(int ranks) {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable())
        if (mode.sharded ? ranks > 1 : ranks == 1) names.emplace_back(mode.name);
    return names;
}

// Those that have all keys.
bool isSparseMode(const std::string& mode) {
    return mode == "none" || mode == "legacy" || mode == "ulysses" || mode == "llama3" ||
           mode == "ring-allgather";
}

struct Levers {
    std::string name;
    MemoryConfig memory;
};

std::string testFolder() { return ::testing::TempDir() + "ringscope-memory-test"; }

std::vector<Levers> levers() {
    std::vector<Levers> all;
    const auto add = [&](std::string name, auto pull) {
        pull(all.emplace_back(Levers{std::move(name), {}}).memory);
    };
    add("zero 0", [](MemoryConfig& memory) { memory.zero = 0; });
    add("zero 2", [](MemoryConfig& memory) { memory.zero = 2; });
    add("zero 3", [](MemoryConfig& memory) { memory.zero = 3; });
    add("layers", [](MemoryConfig& memory) { memory.recompute = Recompute::Layers; });
    add("layers every 2", [](MemoryConfig& memory) {
        memory.recompute = Recompute::Layers;
        memory.recomputeEvery = 2;
    });
    add("attention_kept",
        [](MemoryConfig& memory) { memory.recompute = Recompute::AttentionKept; });
    add("tiles", [](MemoryConfig& memory) { memory.tileMlp = memory.tileLoss = 100; });
    add("zero 3, layers, tiles", [](MemoryConfig& memory) {
        memory.zero = 3;
        memory.recompute = Recompute::Layers;
        memory.tileMlp = memory.tileLoss = 100;
    });
    add("layers, disk", [](MemoryConfig& memory) {
        memory.recompute = Recompute::Layers;
        memory.offloadActivations = OffloadPlace::Disk;
        memory.offloadFolder = testFolder();
    });
    for (const std::int64_t zero : {0, 1, 3})
        add(c10::str("zero ", zero, ", optimizer on disk"), [zero](MemoryConfig& memory) {
            memory.zero = zero;
            memory.offloadOptimizer = OffloadPlace::Disk;
            memory.offloadFolder = testFolder();
        });
    add("zero 3, all on disk", [](MemoryConfig& memory) {
        memory.zero = 3;
        memory.recompute = Recompute::Layers;
        memory.offloadActivations = OffloadPlace::Disk;
        memory.offloadOptimizer = OffloadPlace::Disk;
        memory.offloadParameters = OffloadPlace::Disk;
        memory.offloadFolder = testFolder();
    });
    add("zero 3, parameters on disk", [](MemoryConfig& memory) {
        memory.zero = 3;
        memory.offloadParameters = OffloadPlace::Disk;
        memory.offloadFolder = testFolder();
    });
    add("zero 2, attention_kept, tiles", [](MemoryConfig& memory) {
        memory.zero = 2;
        memory.recompute = Recompute::AttentionKept;
        memory.tileMlp = memory.tileLoss = 100;
    });
    return all;
}

// More of the optimizer's state than three pieces of it.
MemoryCase wideCase(int ranks, NumberFormat precision) {
    RunConfig config;
    config.model = llama();
    config.model.hiddenSize = 256;
    config.model.ffnSize = 1376;
    config.train.steps = 2;
    config.train.seqLen = 128;
    config.train.precision = precision;
    config.parallel.mode = ranks == 1 ? "none" : "zigzag";
    config.parallel.sp = ranks;
    config.memory.offloadOptimizer = OffloadPlace::Disk;
    config.memory.offloadFolder = testFolder();
    return {c10::str("wide on ", ranks, ", ", nameOf(precision)), config};
}

// Adapters, with the levers that divide what they train.
void addAdapted(const std::string& name, RunConfig config, std::vector<MemoryCase>& cases) {
    config.memory = {};
    config.adapter = {.kind = AdapterKind::Lora, .rank = 8, .alpha = 8};
    // No family computes what some of these models do, and adapters take their names from one.
    if (!planRun(config).ok()) return;
    // Of experts, too, which are not among them where nothing is named.
    config.adapter.targets = kindsOf(linearLayers(config.model, config.attention).value());
    for (const std::int64_t zero : {0, 1, 2, 3}) {
        config.memory.zero = zero;
        cases.push_back({c10::str(name, ", lora, zero ", zero), config});
    }
    config.memory.zero = 1;
    config.memory.recompute = Recompute::Layers;
    config.adapter.kind = AdapterKind::Qlora;
    cases.push_back({name + ", qlora, layers", config});
}

std::vector<MemoryCase> patternCases(int ranks) {
    struct Named {
        std::string name;
        PatternConfig pattern;
    };
    const std::vector<Named> patterns = {
        {"dilated", {.kind = PatternKind::Dilated, .segments = {64, 192, 768}, .rates = {1, 2, 4}}},
        {"near and far blocks",
         {.kind = PatternKind::BlockSparse, .block = 64, .local = 1, .stride = 3}},
        {"chosen blocks", {.kind = PatternKind::BlockSparse, .block = 64, .topK = 3}},
    };
    const std::vector<std::string> modes =
        ranks == 1
            ? std::vector<std::string>{"none"}
            : std::vector<std::string>{"ring", "zigzag", "ulysses", "llama3", "needed-blocks"};
    std::vector<MemoryCase> cases;
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const auto& [name, pattern] : patterns)
            for (const std::string& mode : modes) {
                RunConfig config;
                config.model = llama();
                config.train.steps = 2;
                config.train.seqLen = 768;
                config.train.precision = precision;
                config.parallel.mode = mode;
                config.parallel.sp = ranks;
                config.attention.pattern = pattern;
                cases.push_back(
                    {c10::str(name, ", ", mode, " on ", ranks, ", ", nameOf(precision)), config});
            }
    return cases;
}

struct Setting {
    std::string name;
    std::function<void(RunConfig&)> set;
};

// Masks, sinks, documents and lengths, each under every mode.
std::vector<Setting> maskSettings() {
    return {
        {"window", [](RunConfig& config) { config.attention.window = 200; }},
        {"window on both sides",
         [](RunConfig& config) {
             config.attention.causal = false;
             config.attention.window = config.attention.windowRight = 100;
         }},
        {"windows in turn",
         [](RunConfig& config) {
             config.attention.window = 200;
             config.model.layerPattern = {"window", "full"};
         }},
        {"sinks", [](RunConfig& config) { config.model.attentionSinks = true; }},
        {"sinks, window, layers",
         [](RunConfig& config) {
             config.model.attentionSinks = true;
             config.attention.window = 200;
             config.memory.recompute = Recompute::Layers;
         }},
        {"softcap and dropout",
         [](RunConfig& config) {
             config.attention.softcap = 30;
             config.attention.dropout = 0.1;
         }},
        {"alibi", [](RunConfig& config) { config.model.position = PositionKind::Alibi; }},
        {"documents", [](RunConfig& config) { config.data.packing = true; }},
        {"documents, attention_kept",
         [](RunConfig& config) {
             config.data.packing = true;
             config.memory.recompute = Recompute::AttentionKept;
         }},
        {"761 tokens of 2 sequences",
         [](RunConfig& config) {
             config.train.seqLen = 761;
             config.train.batch = 2;
         }},
    };
}

RunConfig plainConfig(ModelConfig model, const std::string& mode, int ranks,
                      NumberFormat precision) {
    RunConfig config;
    config.model = std::move(model);
    config.train.steps = 2;
    config.train.seqLen = 768;
    config.train.precision = precision;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

std::vector<MemoryCase> maskCases(int ranks) {
    std::vector<MemoryCase> cases;
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const std::string& mode : modesFor(ranks))
            for (const Setting& setting : maskSettings()) {
                RunConfig config = plainConfig(llama(), mode, ranks, precision);
                setting.set(config);
                const std::string name =
                    c10::str(setting.name, ", ", mode, " on ", ranks, ", ", nameOf(precision));
                if (mode.starts_with("dilated") && !planRun(config).ok()) continue;
                cases.push_back({name, config});
            }
    return cases;
}

// Messages that are made small: heads in turns, then one tensor at a time, then nothing ahead.
std::vector<MemoryCase> turnCases(int ranks) {
    std::vector<MemoryCase> cases;
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const std::string& mode : modesFor(ranks)) {
            ModelConfig model = llama();
            model.heads = 16;
            model.kvHeads = 8;
            RunConfig config = plainConfig(model, mode, ranks, precision);
            std::string before;
            for (std::int64_t limit = planRun(config)->commBufferBytes; limit > 1024;
                 limit = limit * 3 / 4) {
                config.parallel.commBufferLimit = {limit};
                const Result<RunPlan> plan = planRun(config);
                if (!plan.ok()) break;
                if (plan->smallerMessages == before) continue;
                before = plan->smallerMessages;
                config.memory.recompute =
                    precision == NumberFormat::Fp32 ? Recompute::None : Recompute::Layers;
                cases.push_back({c10::str(before, ", ", mode, " on ", ranks, ", ",
                                          nameOf(precision), ", ", nameOf(config.memory.recompute)),
                                 config});
            }
        }
    return cases;
}

// Experts that ranks share, each of which gets all tokens of all of them.
std::vector<MemoryCase> spreadCases(int ranks) {
    std::vector<MemoryCase> cases;
    if (ranks == 1) return cases;
    const std::vector<Setting> settings = {
        {"plain", [](RunConfig&) {}},
        {"zero 3", [](RunConfig& config) { config.memory.zero = 3; }},
        {"zero 2, layers",
         [](RunConfig& config) {
             config.memory.zero = 2;
             config.memory.recompute = Recompute::Layers;
         }},
        {"attention_kept, tiles",
         [](RunConfig& config) {
             config.memory.recompute = Recompute::AttentionKept;
             config.memory.tileMlp = config.memory.tileLoss = 100;
         }},
        {"shared expert, biased, sigmoid",
         [](RunConfig& config) {
             config.model.experts.sharedSize = 48;
             config.model.experts.bias = true;
             config.model.experts.score = ExpertScore::Sigmoid;
         }},
        {"adapters beside experts",
         [](RunConfig& config) {
             config.adapter = {.kind = AdapterKind::Lora, .rank = 8, .alpha = 8};
             config.adapter.targets = {"q_proj", "w1", "w2", "w3"};
             config.memory.zero = 2;
         }},
        {"two groups of experts' ranks", [](RunConfig& config) { config.parallel.ep = 2; }},
    };
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const char* mode : {"ring", "zigzag", "ulysses", "llama3"})
            for (const Setting& setting : settings) {
                RunConfig config = plainConfig(modelOf("experts"), mode, ranks, precision);
                config.parallel.ep = ranks;
                setting.set(config);
                cases.push_back({c10::str(setting.name, ", ep ", config.parallel.ep, ", ", mode,
                                          " on ", ranks, ", ", nameOf(precision)),
                                 config});
            }
    return cases;
}

// A short sequence that ranks divide into no equal parts, as they do the parameters.
std::vector<MemoryCase> unevenCases(int ranks) {
    std::vector<MemoryCase> cases;
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const std::string& mode : modesFor(ranks)) {
            RunConfig config = plainConfig(llama(), mode, ranks, precision);
            config.train.seqLen = 256;
            const std::string name =
                c10::str("256 tokens, ", mode, " on ", ranks, ", ", nameOf(precision));
            if (!planRun(config).ok()) continue;  // heads that ranks do not divide
            cases.push_back({name, config});
            if (mode != "ring" && mode != "llama3") continue;
            for (const Levers& each : levers()) {
                config.memory = each.memory;
                cases.push_back({name + ", " + each.name, config});
            }
        }
    return cases;
}

// Every mode with nothing set, and some with every lever.
std::vector<MemoryCase> casesOf(const std::string& family, int ranks) {
    if (family == "patterns") return patternCases(ranks);
    if (family == "masks") return maskCases(ranks);
    if (family == "turns") return turnCases(ranks);
    if (family == "spread") return spreadCases(ranks);
    if (family == "uneven") return unevenCases(ranks);
    std::vector<MemoryCase> cases;
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
        for (const std::string& mode : modesFor(ranks)) {
            if (family == "nsa" && !isSparseMode(mode)) continue;
            RunConfig config;
            config.model = modelOf(family);
            config.train.steps = 2;
            config.train.seqLen = 768;
            config.train.precision = precision;
            config.parallel.mode = mode;
            config.parallel.sp = ranks;
            const std::string name =
                c10::str(family, " ", mode, " on ", ranks, ", ", nameOf(precision));
            cases.push_back({name, config});
            if (family == "llama" && mode.starts_with("dilated")) {  // packs rows of branches
                config.attention.pattern = {
                    .kind = PatternKind::Dilated, .segments = {192, 384, 768}, .rates = {1, 2, 4}};
                cases.push_back({name + ", dilated", config});
            }
            const bool wide = precision == NumberFormat::Fp32;
            const std::string leveredWide = family == "nsa" ? "llama3" : "zigzag";
            if (mode != "none" && mode != (wide ? leveredWide : "ulysses")) continue;
            if (family != "llama" && (ranks > 2 || (ranks == 1 && !wide))) continue;
            config.train.optimizer = OptimizerKind::AdamW8bit;
            cases.push_back({name + ", adamw8bit", config});
            config.memory.offloadOptimizer = OffloadPlace::Disk;
            config.memory.offloadFolder = testFolder();
            cases.push_back({name + ", adamw8bit on disk", config});
            config.memory = {};
            config.train.optimizer = OptimizerKind::AdamW;
            for (const Levers& each : levers()) {
                config.memory = each.memory;
                cases.push_back({name + ", " + each.name, config});
            }
            if (family == "llama") cases.push_back(wideCase(ranks, precision));
            addAdapted(name, config, cases);
        }
    return cases;
}

// Alike with nothing set under every mode; levers under some.
const std::vector<std::string>& families() {
    static const std::vector<std::string> all = {"llama", "gemma", "experts",
                                                 "mla",   "nsa",   "patterns"};
    return all;
}

// What is set beside mode, ranks and precision: the rest of the name.
std::string settingOf(const MemoryCase& each, const std::string& family) {
    const RunConfig& config = each.config;
    std::string setting = each.name;
    for (const std::string& part : {c10::str(config.parallel.mode, " on ", config.parallel.sp, ", ",
                                             nameOf(config.train.precision)),
                                    family + " "})
        if (const auto at = setting.find(part); at != std::string::npos)
            setting.erase(at, part.size());
    return setting;
}

// Those of casesOf() that a test runs: families and numbers of ranks are axes, too.
std::vector<MemoryCase> chosenCases(const std::string& family, int ranks) {
    const auto valuesOf = [](const std::string& of, const MemoryCase& each) {
        return test::AxisValues{
            of, std::to_string(each.config.parallel.sp), each.config.parallel.mode,
            std::string(nameOf(each.config.train.precision)), settingOf(each, of)};
    };
    using Named = std::pair<std::string, MemoryCase>;
    std::vector<Named> all;
    const auto add = [&](const std::string& of, int size) {
        for (MemoryCase& each : casesOf(of, size)) all.emplace_back(of, std::move(each));
    };
    if (std::ranges::count(families(), family) == 0)
        add(family, ranks);
    else
        for (const int size : {1, 2, 4})
            for (const std::string& each : families()) add(each, size);
    std::vector<MemoryCase> chosen;
    for (Named& each : test::coveringPairs(
             all, [&](const Named& named) { return valuesOf(named.first, named.second); }))
        if (each.first == family && each.second.config.parallel.sp == ranks)
            chosen.push_back(std::move(each.second));
    return chosen;
}

int compareAsRank(const std::string& family, int rank, int size, int port) {
    at::set_num_threads(1);  // ranks share the cores
    const auto rendezvous = joinRendezvous("127.0.0.1", port, "secret");
    if (!rendezvous.ok()) return std::cerr << rendezvous.error().message << "\n", 1;
    const auto group =
        makeGroup(**rendezvous, {.rank = rank, .size = size, .timeout = std::chrono::seconds(30)});
    if (!group.ok()) return std::cerr << group.error().message << "\n", 1;
    int failures = 0;
    for (const MemoryCase& each : chosenCases(family, size)) {
        const char* only = std::getenv("RINGSCOPE_ONLY_MEMORY");
        if (only != nullptr && each.name.find(only) == std::string::npos) continue;
        const Result<RunPlan> plan = planRun(each.config);
        if (!plan.ok()) return std::cerr << plan.error().message << "\n", 1;
        const Result<RankTrace> real = measuredMemory(*plan, **group);
        if (!real.ok()) return std::cerr << real.error().message << "\n", 1;
        // A plan does not know the batches' documents.
        const RunPlan known = withDocuments(*plan, test::madeUpDocuments(plan->config));
        const auto program = [&](bool copies) {
            return stepProgram(
                known, rank, {.multipliesTwoBytes = multipliesTwoBytes(), .copiesGathers = copies});
        };
        // What is still held of rows that experts' ranks exchange depends on who is late.
        const double ofTotal = plan->config.parallel.ep > 1 ? 0.1 : 0.02;
        // How many rows choose a block is known when they do.
        const double ofCategory = choosesKeys(plan->attention.pattern.get()) ? 0.1 : 0.05;
        const std::string wrong =
            test::deviations({program(false), program(true), ofTotal, ofCategory}, *real);
        if (wrong.empty()) continue;
        std::cerr << each.name + ", rank " + std::to_string(rank) + ": " + wrong;
        ++failures;
    }
    (*group)->barrier();
    return failures == 0 ? 0 : 1;
}

pid_t startRank(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"/proc/self/exe", rankArgument};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    return posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ) == 0 ? child : -1;
}

bool succeeded(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class RankMemory : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(RankMemory, IsWhatIsPredictedUnderEveryModeFormatAndLever) {
    const auto& [family, size] = GetParam();
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);  // as in rank_threads.cpp
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(rendezvous.ok()) << rendezvous.error().message;
    std::vector<pid_t> children;
    for (int rank = 0; rank < size; ++rank)
        children.push_back(startRank({family, std::to_string(rank), std::to_string(size),
                                      std::to_string((*rendezvous)->port())}));
    for (int rank = 0; rank < size; ++rank)
        EXPECT_TRUE(succeeded(children[static_cast<std::size_t>(rank)])) << "rank " << rank;
}

std::string memoryTestName(const ::testing::TestParamInfo<RankMemory::ParamType>& info) {
    return std::get<0>(info.param) + "On" + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Families, RankMemory,
                         ::testing::Combine(::testing::ValuesIn(families()),
                                            ::testing::Values(1, 2, 4)),
                         memoryTestName);
// On four ranks they take minutes, and how many copies Gloo's threads hold depends on who is late.
INSTANTIATE_TEST_SUITE_P(Settings, RankMemory,
                         ::testing::Combine(::testing::Values("masks", "turns", "spread"),
                                            ::testing::Values(2)),
                         memoryTestName);
INSTANTIATE_TEST_SUITE_P(Lengths, RankMemory,
                         ::testing::Combine(::testing::Values("uneven"), ::testing::Values(3)),
                         memoryTestName);

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv, argv + argc);
    if (words.size() == 6 && words[1] == ringscope::rankArgument)
        return ringscope::compareAsRank(words[2], std::stoi(words[3]), std::stoi(words[4]),
                                        std::stoi(words[5]));
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
