int show;
