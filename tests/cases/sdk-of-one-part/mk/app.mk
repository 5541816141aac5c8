all: a b
