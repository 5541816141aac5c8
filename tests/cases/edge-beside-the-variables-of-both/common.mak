LIB = $(DESTDIR)/usr/lib
install_dirs:
	for i in $(DIRS); do install -d $$i; done
install: install_dirs
