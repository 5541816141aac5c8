SORT = sort $(1).in > sorted && uniq sorted > $(1).txt
