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
  local -a lines
  lines=("\${(@f)$(flotilla complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${lines[1]}" ]]; then
    _files
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
function __flotilla_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    flotilla complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c flotilla -a '(__flotilla_complete)'
`;

export const completionScripts = { bash, zsh, fish };

export type Shell = keyof typeof completionScripts;
