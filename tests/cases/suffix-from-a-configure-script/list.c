int list;
