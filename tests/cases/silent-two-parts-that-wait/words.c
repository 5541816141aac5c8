int words;
