[ -z "$BASH" ] && { echo no; exit 1; }
mv t a.h
