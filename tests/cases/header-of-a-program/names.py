#!/usr/bin/env python3
import os, sys

folder = sys.argv[1]
with open(os.path.join(folder, "names.c"), "w") as out:
    out.write('#include "names.h"\n')
with open(os.path.join(folder, "names.h"), "w") as out:
    out.write("extern int names;\n")
