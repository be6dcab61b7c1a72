#compdef ringscope
# Completion of ringscope for zsh. `ringscope completion zsh` prints it; the words that are offered
# come from `ringscope complete`.
_ringscope() {
    local -a offered described
    local line word meaning files="" goes_on=""
    offered=("${(@f)$(${words[1]} complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $offered; do
        case $line in
            :files) files=all ;;
            :folders) files=folders ;;
            :goes-on) goes_on=yes ;;
            *)
                word=${line%%$'\t'*}
                meaning=${line#*$'\t'}
                described+=("${word//:/\\:}${meaning:+:$meaning}") ;;
        esac
    done
    if [[ -n $goes_on ]]; then
        _describe -V ringscope described -S ''
    else
        _describe -V ringscope described
    fi
    [[ $files == all ]] && _files
    [[ $files == folders ]] && _files -/
}
if [[ $funcstack[1] == _ringscope ]]; then
    _ringscope "$@"
else
    compdef _ringscope ringscope
fi
