// The environment this process was started with, as a value.
#pragma once

#include <map>
#include <string>

namespace ringscope {

// Every variable with its value. Not to be called while another thread changes the environment.
std::map<std::string, std::string> environmentVariables();

}  // namespace ringscope
