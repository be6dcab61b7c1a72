// What reading a checkpoint that is in the page cache costs: its weights into the model's buffer,
// against copying the same bytes from the mapped file. One thread; a Llama of 0.5 GB in a folder of
// its own, which is removed.
#include "kernels/model/checkpoint_values.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t hidden = 1024;
constexpr std::int64_t ffn = 4096;
constexpr std::int64_t vocabulary = 32000;
constexpr int layers = 12;

constexpr const char* configText = R"({"model_type": "llama", "hidden_size": 1024,
"intermediate_size": 4096, "num_attention_heads": 16, "num_key_value_heads": 4,
"num_hidden_layers": 12, "vocab_size": 32000, "max_position_embeddings": 4096,
"rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false, "rope_theta": 1e4})";

OutgoingTensor tensor(const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t scalars = 1;
    for (const std::int64_t size : shape) scalars *= size;
    return {.name = name,
            .type = TensorType::Bf16,
            .shape = std::move(shape),
            .write = [scalars](TensorSink& sink) {
                const std::vector<std::byte> bytes(static_cast<std::size_t>(2 * scalars),
                                                   std::byte{0x3c});
                sink.write(bytes);
            }};
}

std::vector<OutgoingTensor> llama() {
    std::vector<OutgoingTensor> all = {tensor("model.embed_tokens.weight", {vocabulary, hidden}),
                                       tensor("lm_head.weight", {vocabulary, hidden}),
                                       tensor("model.norm.weight", {hidden})};
    for (int layer = 0; layer < layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        const auto add = [&](const char* name, std::vector<std::int64_t> shape) {
            all.push_back(tensor(prefix + name, std::move(shape)));
        };
        add("self_attn.q_proj.weight", {hidden, hidden});
        add("self_attn.k_proj.weight", {hidden / 4, hidden});
        add("self_attn.v_proj.weight", {hidden / 4, hidden});
        add("self_attn.o_proj.weight", {hidden, hidden});
        add("mlp.gate_proj.weight", {ffn, hidden});
        add("mlp.up_proj.weight", {ffn, hidden});
        add("mlp.down_proj.weight", {hidden, ffn});
        add("input_layernorm.weight", {hidden});
        add("post_attention_layernorm.weight", {hidden});
    }
    return all;
}

// The checkpoint, for as long as the program runs.
class Made {
public:
    Made() {
        std::string pattern = (std::filesystem::temp_directory_path() / "load-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        const Result<void> written = writeCheckpoint(folder_, configText, llama());
        Result<Checkpoint> opened = Checkpoint::open(folder_);
        if (!written.ok() || !opened.ok()) {
            std::cerr << (written.ok() ? opened.error() : written.error()).message << "\n";
            std::exit(1);
        }
        checkpoint = std::make_shared<const Checkpoint>(*std::move(opened));
        const std::vector<ParameterSpec>& list = checkpoint->places().parameters;
        scalars = list.back().offset + list.back().elements();
    }
    ~Made() { std::filesystem::remove_all(folder_); }

    std::shared_ptr<const Checkpoint> checkpoint;
    std::int64_t scalars = 0;

private:
    std::filesystem::path folder_;
};

Made& made() {
    static Made one;
    return one;
}

void setRate(benchmark::State& state, std::int64_t bytes) {
    state.counters["GB/s"] = benchmark::Counter(
        1e-9 * static_cast<double>(bytes * state.iterations()), benchmark::Counter::kIsRate);
}

void copyBytes(benchmark::State& state) {
    at::set_num_threads(1);
    const Made& model = made();
    for (auto unused : state) {
        const at::Tensor buffer = at::empty({model.scalars}, at::kBFloat16);
        auto* next = static_cast<std::byte*>(buffer.mutable_data_ptr());
        for (const StoredTensor& tensor : model.checkpoint->files().tensors()) {
            std::memcpy(next, tensor.bytes.data(), tensor.bytes.size());
            next += tensor.bytes.size();
        }
        benchmark::DoNotOptimize(next);
    }
    setRate(state, 2 * model.scalars);
}

template <at::ScalarType type>
void load(benchmark::State& state) {
    at::set_num_threads(1);
    const Made& model = made();
    const InitialValues values = checkpointValues(model.checkpoint);
    for (auto unused : state)
        benchmark::DoNotOptimize(
            values(0, model.scalars, at::TensorOptions().dtype(type)).const_data_ptr());
    setRate(state, 2 * model.scalars);
}

BENCHMARK(copyBytes)->Name("copying the bytes")->Unit(benchmark::kMillisecond);
BENCHMARK(load<at::kBFloat16>)->Name("loading as bf16")->Unit(benchmark::kMillisecond);
BENCHMARK(load<at::kFloat>)->Name("loading as fp32")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
