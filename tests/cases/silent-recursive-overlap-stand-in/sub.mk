ifneq ($(strip $(objs)),)
list := $(D)/list
endif
all: $(list)
ifdef list
$(list): objs
	sort objs > $@
endif
