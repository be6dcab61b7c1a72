// An adapter and the model it stands beside as one model: to each of its weights is added
//
//     scale * B A
#pragma once

#include "backend/core/result.h"
#include "backend/model/adapter_folder.h"
#include "backend/model/linear_layers.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ringscope {

// The layers that the adapter's modules are, in their order; of experts, each expert's. Fails where
// one is none of `layers`, and where its matrices are of another size.
Result<std::vector<LinearLayer>> layersOf(const AdapterFolder& adapter,
                                          const std::vector<LinearLayer>& layers);

enum class Merging : std::uint8_t { Add, TakeAway };

// Writes the model of `base` with the adapter in its weights, which keep their types, or with it
// taken out of them again. Fails where `to` holds a model or an adapter already.
Result<void> mergeAdapter(const std::filesystem::path& base, const std::filesystem::path& adapter,
                          const std::filesystem::path& to, Merging merging);

}  // namespace ringscope
