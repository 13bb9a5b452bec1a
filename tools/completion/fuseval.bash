# bash completes the command line of fuseval: commands, options and choices as `fuseval --help` lists them, and files.

# _fuseval_lines PROGRAM COMMAND: one line an option, without its description: "--stage S:{types,hints}", "-h,--help".
_fuseval_lines() { "$1" $2 --help 2>/dev/null | sed -nE '/^  -/ s/^  (-[^ ]+( [^ ]+)?).*/\1/p'; }

# What may follow an option, by its name for a value; "files" where it is one, nothing where it is a number or a text.
_fuseval_values() {
  case $1 in
    *{*}) sed -E 's/.*\{(.*)\}/\1/; s/,/ /g' <<<"$1" ;;
    *' FILE'*) echo files ;;
    *' D') echo auto cpu cuda cudasim ;;
    *' KIND') echo line image histogram ;;
    *' T') echo bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 ;;
  esac
}

_fuseval() {
  local program=$1 current=$2 option=$3 command=${COMP_WORDS[1]} words=files lines line
  case $current in =) current= ;; esac
  [ "$COMP_CWORD" -gt 1 ] && [ "${command#-}" = "$command" ] || command=
  lines=$(_fuseval_lines "$program" "$command")
  # --device=cuda comes as three words.
  [ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$2" != = ] || option=${COMP_WORDS[COMP_CWORD - 1]}
  line=$(grep -E -m 1 -e "^(.*,)?$option [A-Z]" <<<"$lines")
  if [ "${option#-}" != "$option" ] && [ -n "$line" ]; then
    words=$(_fuseval_values "$line")
  elif [ "${current#-}" != "$current" ]; then
    words=$(sed 's/ .*//; s/,/ /' <<<"$lines")
  elif [ "$COMP_CWORD" = 1 ]; then
    words=$("$program" --help 2>/dev/null | sed -nE '1,/^Subcommands:/d; s/^  ([a-z]+).*/\1/p')
  fi
  if [ "$words" = files ]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -F _fuseval fuseval
