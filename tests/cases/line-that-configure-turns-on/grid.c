int grid;
