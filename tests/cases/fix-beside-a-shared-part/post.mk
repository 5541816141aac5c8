all: all-recurse
all-recurse:
	for i in $(SUBDIRS); do $(MAKE) -C $$i; done
