CPU = z
all: x.o y.o
