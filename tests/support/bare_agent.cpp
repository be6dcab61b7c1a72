// `ringscope agent` without the rest of ringscope, so that launcher is tested by itself.
#include "launcher/agent.h"

#include <unistd.h>

int main() { return ringscope::runAgent(STDIN_FILENO, STDOUT_FILENO); }
