import sys

if sys.argv[1] == "header":
    open("names.h", "w").write("extern int names;\n")
else:
    open("names.c", "w").write('#include "names.h"\n')
