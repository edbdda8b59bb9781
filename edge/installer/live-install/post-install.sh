#!/bin/sh
# Gives the person at the screen time to remove the medium. Failing would stop the installation.
# shellcheck source=/dev/null
. /etc/flotilla/installation
delay_seconds=10
echo "$DEVICE is installed on $DISK. Remove the installation medium now."
echo "Restarting in $delay_seconds seconds."
sleep "$delay_seconds"
