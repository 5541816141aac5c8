test -x tool
