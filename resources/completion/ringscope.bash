# Completion of ringscope for bash. `ringscope completion bash` prints it; the words that are offered
# come from `ringscope complete`.
_ringscope() {
    # Bash splits words at = and : too; those without a blank before them are joined again.
    local -a words=()
    local rest=$COMP_LINE word before at
    for ((at = 0; at <= COMP_CWORD; ++at)); do
        word=${COMP_WORDS[at]}
        before=""
        if [[ -n $word ]]; then
            before=${rest%%"$word"*}
            rest=${rest#*"$word"}
        elif [[ $rest == [[:space:]]* ]]; then
            before=" "
        fi
        if ((at == 0)) || [[ -n $before ]]; then words+=("$word"); else words[-1]+=$word; fi
    done
    local typed=${words[-1]} last=${COMP_WORDS[COMP_CWORD]}
    [[ $last == [=:] ]] && last=""
    local joined=${typed%"$last"} line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$last")
                compopt -o filenames 2>/dev/null ;;
            :folders) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$last")
                compopt -o filenames 2>/dev/null ;;
            :goes-on) compopt -o nospace 2>/dev/null ;;
            *) line=${line%%$'\t'*}
                COMPREPLY+=("${line#"$joined"}") ;;
        esac
    done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _ringscope ringscope
