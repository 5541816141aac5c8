table: table.in
	sort table.in > table
summary:
	head table > summary
