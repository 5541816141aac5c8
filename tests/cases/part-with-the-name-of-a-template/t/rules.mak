compile: $(libs)
%.so: %.c
	$(CC) -shared -o $@ $< $(flags_$@)
