#!/bin/bash
# Tells whoever stands before the screen: now, and above every login prompt from now on.
text="$HOSTNAME: $*"
echo "$text"
printf '%s\n\n' "$text" >/etc/issue.d/50-flotilla.issue
{ printf '\n%s\n' "$text" >/dev/console; } 2>/dev/null
agetty --reload
exit 0
