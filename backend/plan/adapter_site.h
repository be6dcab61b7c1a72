// Where an adapter stands (adapter_plan.h).
#pragma once

#include "backend/model/linear_layers.h"

#include <string>

namespace ringscope {

struct AdapterSite {
    LinearLayer layer;
    std::string a;  // names of its parameters
    std::string b;
};

}  // namespace ringscope
