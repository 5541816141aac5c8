all: lib prog

lib:
	$(MAKE) -C l x.a

prog:
	cc -o prog$(A) l/x.a
