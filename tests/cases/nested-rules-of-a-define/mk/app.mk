include systems/$(SYSTEM)/app.mk
all: $(OBJS)
