html.stamp: sgml.stamp $(MAIN)
	cat $(MAIN) > $@

sgml.stamp:
	sort in > $(MAIN)
	touch $@
