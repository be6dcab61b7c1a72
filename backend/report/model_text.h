// A model, and the forms that its parts may have: what `ringscope model` prints. Texts and JSON end
// with a newline.
#pragma once

#include "backend/report/model_facts.h"

#include <cstddef>
#include <string>

namespace ringscope {

// Long lists are broken at `width`; 0: nowhere.
std::string modelText(const ModelFacts& facts, std::size_t width = 0);

// schema_version, name, family, model{}, parameters{}, cache{}, flops_per_token[], modes[],
// files[], ignored_keys[], ignored_tensors[].
std::string modelJson(const ModelFacts& facts);

// The tables of model_choices.h, a line each row; and the families whose folders are read.
std::string componentsText(std::size_t width = 0);
// schema_version, components[] with field and choices[], families[].
std::string componentsJson();

}  // namespace ringscope
