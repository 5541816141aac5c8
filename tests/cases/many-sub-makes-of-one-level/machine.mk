digits := 0 1 2 3 4 5 6 7 8 9
objects := $(foreach a,0 1 2,$(foreach b,$(digits),$(foreach c,$(digits),$M/$a$b$c.o)))
common-28 := map
common-29 := map
lib: $(objects) $(common-$M)
$(objects):
	cc -c x.c -o $@
map:
	gen > map
