all: $(OUT)/x.o
$(OUT)/x.o: x.c
	mkdir -p $(OUT)
	cc -c -o $(OUT)/x.o x.c
.PHONY: all
