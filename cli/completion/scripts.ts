/**
 * The scripts that `flotilla completion` prints. Each asks `flotilla complete -- <words>` for the words
 * before the cursor and gets one suggestion a line: the word, a tab, what it is. Without a suggestion a
 * shell completes files.
 */
const bash = `# bash completion of flotilla
_flotilla() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <(flotilla complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _flotilla flotilla
`;

const zsh = `#compdef flotilla
_flotilla() {
  local -a lines names descriptions
  lines=("\${(@f)$(flotilla complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${lines[1]}" ]]; then
    _files
    return
  fi
  descriptions=("\${(@u)lines#*$'\\t'}")
  if ((\${#descriptions} == 1)); then
    # Names of one kind: _describe would list them in reverse.
    names=("\${(@)lines%%$'\\t'*}")
    compadd -V flotilla -a names
    return
  fi
  lines=("\${(@)lines/$'\\t'/:}")
  _describe flotilla lines
}
if [[ "\${funcstack[1]}" = _flotilla ]]; then
  _flotilla "$@"
else
  compdef _flotilla flotilla
fi
`;

const fish = `# fish completion of flotilla
function __flotilla_suggests
    set -l words (commandline -opc)
    set -g __flotilla_suggestions (flotilla complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
    test (count $__flotilla_suggestions) -gt 0
end
complete -c flotilla -n __flotilla_suggests -f -a '$__flotilla_suggestions'
`;

export const completionScripts = { bash, zsh, fish };

export type Shell = keyof typeof completionScripts;
