{ print "#define " $1 " " $2 }
