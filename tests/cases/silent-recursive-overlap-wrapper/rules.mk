all: prog
prog: prog.c
	cc -o prog prog.c
check: prog
	./prog
install: prog
	install -D prog $(DESTDIR)/bin/prog
.PHONY: all check install
