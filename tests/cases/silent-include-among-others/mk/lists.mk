all: words.txt names.txt

words.txt: words.in
	sort words.in > sorted && uniq sorted > words.txt

names.txt: names.in
	sort names.in > sorted && uniq sorted > names.txt
