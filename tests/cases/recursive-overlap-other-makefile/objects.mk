x.o: x.c
	cc -c -o x.o x.c
