all: x y
x y:
	echo $@ > tmp.txt
	cp tmp.txt $@
