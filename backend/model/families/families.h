// The readers of the families; family_table.cpp has a row for each.
#pragma once

#include "backend/model/config_keys.h"
#include "backend/model/model_config.h"

namespace ringscope {

void readLlama(ConfigKeys& keys, ModelDescription& description);
void readMistral(ConfigKeys& keys, ModelDescription& description);
void readMixtral(ConfigKeys& keys, ModelDescription& description);
void readQwen2(ConfigKeys& keys, ModelDescription& description);
void readQwen2Moe(ConfigKeys& keys, ModelDescription& description);
void readQwen3(ConfigKeys& keys, ModelDescription& description);
void readQwen3Moe(ConfigKeys& keys, ModelDescription& description);
void readGemma(ConfigKeys& keys, ModelDescription& description);
void readGemma2(ConfigKeys& keys, ModelDescription& description);
void readPhi3(ConfigKeys& keys, ModelDescription& description);
void readOlmo2(ConfigKeys& keys, ModelDescription& description);
void readGptNeox(ConfigKeys& keys, ModelDescription& description);
void readGptOss(ConfigKeys& keys, ModelDescription& description);
void readGpt2(ConfigKeys& keys, ModelDescription& description);
void readDeepseekV2(ConfigKeys& keys, ModelDescription& description);
void readDeepseekV3(ConfigKeys& keys, ModelDescription& description);

}  // namespace ringscope
