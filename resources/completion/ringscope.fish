# Completion of ringscope for fish. `ringscope completion fish` prints it; the words that are offered
# come from `ringscope complete`.
function __ringscope_offered
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$typed"
            case :folders
                __fish_complete_directories "$typed"
            case :goes-on
            case '*'
                echo $line
        end
    end
end
complete -c ringscope -f -a '(__ringscope_offered)'
