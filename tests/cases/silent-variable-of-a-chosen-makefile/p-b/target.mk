CPU = m
all: y.o
