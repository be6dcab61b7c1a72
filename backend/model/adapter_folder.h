// A folder with an adapter, as PEFT saves one: adapter_config.json and adapter_model.safetensors.
//
//     base_model.model.<module>.lora_A.weight    (rank, columns)
//     base_model.model.<module>.lora_B.weight    (rows, rank)
//
// The model it stands beside is in another folder, which adapter_config.json names. Where a model's
// folder is asked for, that of an adapter stands for both.
#pragma once

#include "backend/core/result.h"
#include "backend/model/mapped_file.h"
#include "backend/model/safetensors.h"
#include "backend/model/tensor_folder.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

inline constexpr std::string_view adapterConfigName = "adapter_config.json";
inline constexpr std::string_view adapterTensorName = "adapter_model.safetensors";

struct AdapterSettings {
    std::int64_t rank = 0;
    double alpha = 0;
    double dropout = 0;
    std::string base;                    // folder of the model; empty: not told
    std::vector<std::string> targets{};  // kinds of layers; written, and not read
    bool transposed = false;             // some of their tensors are (in, out)
    bool rootScaled = false;             // the product counts alpha / sqrt(rank) times

    double scale() const;
};

// Whether the folder holds an adapter and no model.
bool isAdapterFolder(const std::filesystem::path& folder);

// `folder`, or where it holds an adapter, the folder of its model. Fails where that is none.
Result<std::filesystem::path> modelFolderOf(const std::filesystem::path& folder);

std::string tensorNameOfA(std::string_view module);
std::string tensorNameOfB(std::string_view module);

class AdapterFolder {
public:
    // Reads the configuration and the header of the tensors. Fails with one sentence that names the
    // key or the tensor: where it changes the model in another way than this one, and where a
    // matrix is missing or of another rank.
    static Result<AdapterFolder> open(const std::filesystem::path& folder);

    const AdapterSettings& settings() const { return settings_; }
    const std::filesystem::path& folder() const { return folder_; }
    const std::vector<std::string>& modules() const { return modules_; }  // ascending

    // Of one of the modules. Not aligned; valid as long as this.
    StoredTensor a(std::string_view module) const { return tensor(tensorNameOfA(module)); }
    StoredTensor b(std::string_view module) const { return tensor(tensorNameOfB(module)); }

private:
    AdapterFolder(std::filesystem::path folder, AdapterSettings settings, MappedFile file,
                  TensorTable table)
        : folder_(std::move(folder)),
          settings_(std::move(settings)),
          file_(std::move(file)),
          table_(std::move(table)),
          path_(folder_ / adapterTensorName) {}
    Result<void> checkTensors();
    const TensorEntry* find(const std::string& name) const;
    StoredTensor tensor(const std::string& name) const;

    std::filesystem::path folder_;
    AdapterSettings settings_;
    MappedFile file_;
    TensorTable table_;  // by name
    std::filesystem::path path_;
    std::vector<std::string> modules_{};
};

// Makes the folder and its two files, the configuration last. Fails where it holds an adapter or a
// model already.
Result<void> writeAdapter(const std::filesystem::path& folder, const AdapterSettings& settings,
                          std::vector<OutgoingTensor> tensors);

// Checks the adapter in `from` as AdapterFolder::open() does, and copies its files.
Result<void> copyAdapter(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ringscope
