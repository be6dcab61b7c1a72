#include "launcher/ssh_client.h"

#include "backend/core/text.h"
#include "launcher/spawn_program.h"
#include "launcher/ssh_command.h"

namespace ringscope {

Result<std::string> sshClientVersion() {
    RINGSCOPE_TRY(const ProgramEnd end,
                  runToEnd({.words = {sshOptionsFromEnvironment().program, "-V"},
                            .limit = std::chrono::seconds(10)}));
    if (end.code != 0)
        return Error{ErrorCode::Failed, "ssh -V fails: " + std::string(trim(end.err))};
    return std::string(trim(end.err.empty() ? end.out : end.err));
}

}  // namespace ringscope
