#!/bin/bash
here=$(dirname "${BASH_SOURCE[0]}")
for i in 1 2; do
  if [ ! -e "${DEVICES[$i]}" ]; then exit 1; fi
  "$here"/prog "$i"
done
