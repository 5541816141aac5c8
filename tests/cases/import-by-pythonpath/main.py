import gen
