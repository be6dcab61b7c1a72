// ringscope man [VERB]: a manual page as roff; or all of them as files, which the build installs.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/man_page.h"
#include "app/cli/verbs.h"
#include "app/cli/words.h"
#include "backend/core/output_file.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>

namespace ringscope::cli {
namespace {

int writeAll(const CLI::App& program, const std::filesystem::path& folder) {
    std::error_code failed;
    if (!std::filesystem::is_directory(folder, failed))
        return fail({ErrorCode::Unavailable, "there is no folder '" + folder.string() + "'"});
    for (const ManPage& page : allManPages(program))
        if (const Result<void> written = writeOutput(folder / (page.name + ".1"), page.text);
            !written.ok())
            return fail(written.error());
    return Ok;
}

int print(const CLI::App& program, const std::string& word) {
    const CLI::App* verb = word.empty() ? &program : findVerb(program, word);
    if (verb == nullptr) return fail({ErrorCode::InvalidConfig, unknownVerb(program, word)}, Usage);
    printData(manPage(*verb).text);
    return Ok;
}

}  // namespace

void addManVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("man", "manual pages, made from the verbs' options");
    auto word = std::make_shared<std::string>();
    auto folder = std::make_shared<std::string>();
    verb->add_option("VERB", *word, "a verb; the program where there is none");
    verb->add_option("--all", *folder, "write every page into this folder")->type_name("FOLDER");
    addExamples(*verb, {{"ringscope man run | man -l -", "shows a page"},
                        {"ringscope man --all share/man/man1", "a file a page"}});
    verb->callback([word, folder, &app, &command] {
        command.action = [word, folder, &app] {
            return folder->empty() ? print(app, *word) : writeAll(app, *folder);
        };
    });
}

}  // namespace ringscope::cli
