// The families of models whose folders are read: a row each.
//
// A row says how a family's config.json (Hugging Face's, of transformers 4 and 5) becomes a
// ModelDescription, and what its checkpoints call our parameters. To add one: a reader in
// families/, the names of its tensors, a row; tests/fixtures/models/<type> is what it is tested
// with.
#pragma once

#include "backend/model/config_keys.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace ringscope {

// How the rows of a parameter lie in the tensors that stand for it.
enum class Cut : std::uint8_t {
    Rows,        // one tensor behind another
    Transposed,  // the same, each tensor being (in, out)
    Heads,       // one tensor: of each head its query's, key's and value's rows
    Stacked,     // one tensor of all experts, each as (in, out), a bias as (out)
    Turns,       // the same, its outputs those of gate and up by turns
};

// Names without "layers.3." and without what they hold.
//
//     {"attention.output", "self_attn.o_proj"}
//         layers.3.attention.output.weight is model.layers.3.self_attn.o_proj.weight, and so for
//         .bias; a .gain is a .weight there
//     {"ffn.gate_up", "mlp.{gate_proj|up_proj}"}
//         the rows of several tensors, one after another
//     {"ffn.experts.down", "mlp.experts.*.down_proj"}
//         a tensor of each expert
//     {"head", "/lm_head"}
//         outside the body, whose prefix the other names have
//     {"ffn.router.bias", "mlp.gate.e_score_correction_bias"}
//         the whole name, as ours is the whole one
//     {"ffn.experts.down", "mlp.experts.down_proj", Cut::Stacked}
//         a whole name too, and so are those of what is neither a weight, a gain nor a bias of ours
struct TensorNames {
    std::string_view ours;
    std::string_view theirs;
    Cut cut = Cut::Rows;  // of weights; what has one column lies in rows, or by heads
};

struct Family {
    std::string_view type;   // model_type
    std::string_view title;  // "Llama 1 to 3.2"
    // Reads the keys; a problem is left in their source.
    void (*read)(ConfigKeys& keys, ModelDescription& description);
    std::string_view body = "model.";      // before the names of tensors; some files leave it out
    std::string_view layers = "layers.";   // before a layer's number
    std::span<const TensorNames> names{};  // those that differ from usualNames()
    // Endings of tensors that older files hold and that follow from the configuration.
    std::span<const std::string_view> derived{};
    bool extraLayers = false;  // layers behind the last predict further tokens, and are left out
};

std::span<const Family> familyTable();
const Family* findFamily(std::string_view type);

// What most families call their tensors.
std::span<const TensorNames> usualNames();

}  // namespace ringscope
