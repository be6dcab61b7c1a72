// ringscope trace flight: which rank did not join what, from dumps of PyTorch's flight recorder.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/trace_parts.h"
#include "backend/report/flight_text.h"
#include "backend/trace/flight/flight_report.h"

#include <CLI/App.hpp>
#include <memory>
#include <string>

namespace ringscope::cli {
namespace {

struct FlightArguments {
    std::string place;
    bool json = false;
};

int compare(const FlightArguments& arguments) {
    const Result<FlightDumps> dumps = readFlightDumps(arguments.place);
    if (!dumps.ok()) return fail(dumps.error());
    const FlightReport report = compareFlights(*dumps);
    if (arguments.json)
        printData(flightJson(report));
    else
        printText(flightText(report));
    return Ok;
}

}  // namespace

void addFlightVerb(CLI::App& trace, Command& command) {
    CLI::App* verb = trace.add_subcommand(
        "flight", "which rank did not join which collective: dumps of PyTorch's flight recorder");
    const auto arguments = std::make_shared<FlightArguments>();
    verb->add_option("FOLDER", arguments->place,
                     "a folder with a dump a rank, <prefix><rank>, or one such file")
        ->required();
    verb->add_flag("--json", arguments->json, "JSON on standard output");
    addExamples(*verb, {{"ringscope trace flight dumps/", "a folder with a dump a rank"},
                        {"ringscope trace flight dumps/ --json", "for programs"}});
    verb->callback(
        [arguments, &command] { command.action = [arguments] { return compare(*arguments); }; });
}

}  // namespace ringscope::cli
