tool: lib.a
	cp lib.a tool
lib.a:
	$(MAKE) clean all
