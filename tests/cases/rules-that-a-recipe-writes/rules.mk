a.o: a.c
	cc -c a.c
