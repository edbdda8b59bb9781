#!/bin/sh
# Tells the person at the screen what the installer does next. Failing would stop the installation.
# shellcheck source=/dev/null
. /etc/flotilla/installation
echo "Installing $DEVICE on $DISK."
echo "Everything on that disk is erased. Do not switch off."
